"""Where tokens ride: the Authorization header and the body, never the query.

Reads what a request brings and says who sent it; nothing here is proven yet.
"""

import re

from django.http import HttpRequest
from python_ipware import IpWare

from jwtauth.conf import get_settings
from jwtauth.core.context import RequestContext
from jwtauth.exceptions import TokenMalformed

# RFC 6750 §2.1: one space, then the b64token characters.
_BEARER = re.compile(r"bearer ([A-Za-z0-9._~+/-]+=*)", re.ASCII | re.IGNORECASE)

# The scheme ends where a character comes that no scheme has (RFC 9110 §5.6.2 and
# §11.1): a tab or a comma after it is a bad token, not another scheme.
_BEARER_SCHEME = re.compile(
    r"\s*bearer(?![\w!#$%&'*+.^`|~-])", re.ASCII | re.IGNORECASE
)

_IPWARE = IpWare(precedence=("REMOTE_ADDR",), proxy_count=0)


def has_bearer(request: HttpRequest) -> bool:
    """Whether the request brings bearer credentials, good or bad."""
    return bool(_BEARER_SCHEME.match(request.META.get("HTTP_AUTHORIZATION", "")))


def bearer_token(request: HttpRequest) -> str | None:
    """Return the token of the Authorization header; None for other schemes.

    Raises:
        TokenMalformed: the scheme is Bearer, but what follows is no token. It
            never falls through to a weaker way in.
    """
    if not has_bearer(request):
        return None
    match = _BEARER.fullmatch(request.META["HTTP_AUTHORIZATION"])
    if match is None:
        raise TokenMalformed("not 'Bearer', one space and a token")
    return match[1]


def sender_of(request: HttpRequest) -> RequestContext:
    """Return what the request says of who sent it."""
    return RequestContext(
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        address=client_address(request),
    )


def client_address(request: HttpRequest) -> str:
    """Return the client's address, or an empty string.

    ``X-Forwarded-For`` counts only behind as many proxies as
    ``TRUSTED_PROXY_HOPS`` says: without any, the sender would choose it.
    """
    hops = get_settings().trusted_proxy_hops
    if hops == 0 or "HTTP_X_FORWARDED_FOR" not in request.META:
        return _address_in(str(request.META.get("REMOTE_ADDR") or ""))
    # Each proxy of ours appends one entry. Count them from the right and look at no
    # other: what stands further left is the sender's invention, and an invention
    # like a lone quotation mark must not make two entries one.
    entries = request.META["HTTP_X_FORWARDED_FOR"].split(",")
    return _address_in(entries[-hops]) if len(entries) >= hops else ""


def _address_in(entry: str) -> str:
    """Return the address in ``entry``, without port and zone; else an empty string."""
    address, _ = _IPWARE.get_client_ip({"REMOTE_ADDR": entry})
    return "" if address is None else str(address).partition("%")[0]
