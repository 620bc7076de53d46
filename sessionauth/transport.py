"""Where the session id rides, the cookie, and where a request comes from."""

from typing import Literal, TypeAlias, cast

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from python_ipware import IpWare

from sessionauth.conf import get_settings
from sessionauth.core.device import device_label
from sessionauth.flows.session import LiveSession, Origin

BACKGROUND_HEADER = "X-Background-Request"

_IPWARE = IpWare(precedence=("REMOTE_ADDR",), proxy_count=0)

# Browsers keep none longer, whatever they are told (RFC 6265bis §5.5).
_LONGEST_COOKIE_SECONDS = 400 * 24 * 3600

_SameSite: TypeAlias = Literal["Lax", "Strict", "None", False] | None


def session_of(request: HttpRequest) -> LiveSession:
    """Return the request's session, as one of this package.

    Raises:
        ImproperlyConfigured: there is none, or it is another engine's.
    """
    session = getattr(request, "session", None)
    if not hasattr(session, "store_down"):
        raise ImproperlyConfigured(
            "sessionauth needs 'sessionauth.middleware.SessionMiddleware' in "
            "MIDDLEWARE and SESSION_ENGINE = 'sessionauth.engine'."
        )
    return cast("LiveSession", session)


def shown_session_key(request: HttpRequest) -> str | None:
    """Return the id that the client shows; None if it shows none, or two.

    A browser sends one cookie of the name. Who could add another one in spite of the
    prefix would put a session of their own under the user's hands, and the order in
    which the two come decides nothing (RFC 6265 §4.2.2).
    """
    name = django_settings.SESSION_COOKIE_NAME
    pairs = request.META.get("HTTP_COOKIE", "").split(";")
    if sum(pair.partition("=")[0].strip() == name for pair in pairs) > 1:
        return None
    return request.COOKIES.get(name)


def is_background(request: HttpRequest) -> bool:
    """Return whether the client says that nobody is behind this request.

    It may say so of any: its session only ends the sooner.
    """
    return bool(request.headers.get(BACKGROUND_HEADER))


def origin_of(request: HttpRequest) -> Origin:
    """Return device and address of the client, both only as good as the client says."""
    return Origin(
        device=device_label(request.headers.get("User-Agent", "")),
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
    address, _trusted = _IPWARE.get_client_ip({"REMOTE_ADDR": entry})
    return "" if address is None else str(address).partition("%")[0]


def set_session_cookie(
    response: HttpResponseBase, session_key: str, max_age: int | None
) -> None:
    """Hand the id to the browser, with Django's ``SESSION_COOKIE_*``."""
    response.set_cookie(
        django_settings.SESSION_COOKIE_NAME,
        session_key,
        max_age=None if max_age is None else min(max_age, _LONGEST_COOKIE_SECONDS),
        domain=django_settings.SESSION_COOKIE_DOMAIN,
        path=django_settings.SESSION_COOKIE_PATH,
        secure=django_settings.SESSION_COOKIE_SECURE,
        httponly=django_settings.SESSION_COOKIE_HTTPONLY,
        samesite=_samesite(),
    )


def delete_session_cookie(response: HttpResponseBase) -> None:
    """Let the browser forget the id."""
    name = django_settings.SESSION_COOKIE_NAME
    response.delete_cookie(
        name,
        path=django_settings.SESSION_COOKIE_PATH,
        domain=django_settings.SESSION_COOKIE_DOMAIN,
        samesite=_samesite(),
    )
    # A browser drops a prefixed cookie only by one that its prefix allows.
    if django_settings.SESSION_COOKIE_SECURE:
        response.cookies[name]["secure"] = True
    if django_settings.SESSION_COOKIE_HTTPONLY:
        response.cookies[name]["httponly"] = True


def clear_site_data(response: HttpResponseBase) -> None:
    """Let the browser forget what it kept of the pages."""
    if parts := get_settings().clear_site_data:
        response.headers["Clear-Site-Data"] = ", ".join(f'"{p}"' for p in parts)


def _samesite() -> "_SameSite":
    return cast("_SameSite", django_settings.SESSION_COOKIE_SAMESITE)
