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


def has_bearer(request: HttpRequest) -> bool:
    """Whether the request brings bearer credentials, good or bad."""
    scheme = request.META.get("HTTP_AUTHORIZATION", "").strip().split(" ", 1)[0]
    return bool(scheme.lower() == "bearer")


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
        return str(request.META.get("REMOTE_ADDR") or "")
    # The last proxy, which speaks to us, stands in REMOTE_ADDR and not in the
    # header; whatever stands left of what ours wrote is the sender's invention.
    address, _ = IpWare(
        precedence=("HTTP_X_FORWARDED_FOR",), proxy_count=hops - 1
    ).get_client_ip(request.META, strict=False)
    return "" if address is None else str(address)
