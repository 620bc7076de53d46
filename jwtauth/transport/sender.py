"""Who sent a request, as far as the request itself can be believed."""

from django.http import HttpRequest
from python_ipware import IpWare

from jwtauth.conf import get_settings
from jwtauth.core.context import RequestContext

_IPWARE = IpWare(precedence=("REMOTE_ADDR",), proxy_count=0)


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
