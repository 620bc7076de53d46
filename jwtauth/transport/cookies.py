"""The two credential cookies: HttpOnly, Secure, one host, one path.

A name with the prefix ``__Host-`` can't be set by a neighbouring domain (RFC 6265bis
§4.1.3); a name that comes twice all the same is refused.
"""

from typing import Literal, TypeAlias, cast

from django.conf import settings as django_settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from jwtauth.conf import get_settings
from jwtauth.core.issued_tokens import IssuedTokens
from jwtauth.exceptions import TokenMalformed

# Browsers keep none longer, whatever they are told (RFC 6265bis §5.5).
_LONGEST_COOKIE_SECONDS = 400 * 24 * 3600

_SameSite: TypeAlias = Literal["Lax", "Strict", "None"]


def access_cookie(request: HttpRequest) -> str | None:
    """Return the access token of the cookie.

    Raises:
        TokenMalformed: the cookie occurs twice.
    """
    return _only_cookie(request, get_settings().access_cookie_name)


def refresh_cookie(request: HttpRequest) -> str | None:
    """Return the refresh token of the cookie.

    Raises:
        TokenMalformed: the cookie occurs twice.
    """
    return _only_cookie(request, get_settings().refresh_cookie_name)


def has_credential_cookie(request: HttpRequest) -> bool:
    """Whether either of the two came, good or bad."""
    settings = get_settings()
    return not request.COOKIES.keys().isdisjoint(
        (settings.access_cookie_name, settings.refresh_cookie_name)
    )


def set_cookies(response: HttpResponseBase, tokens: IssuedTokens) -> None:
    """Hand both tokens to the browser, for as long as the login may be idle.

    The access cookie outlives its token: what it says of the login is needed to end it.
    """
    settings = get_settings()
    for name, token in (
        (settings.access_cookie_name, tokens.access_token),
        (settings.refresh_cookie_name, tokens.refresh_token),
    ):
        response.set_cookie(
            name,
            token,
            max_age=min(tokens.refresh_expires_in, _LONGEST_COOKIE_SECONDS),
            path="/",
            secure=settings.cookie_secure,
            httponly=True,
            samesite=_samesite(),
        )
    depends_on_cookies(response)


def delete_cookies(response: HttpResponseBase) -> None:
    """Let the browser forget both tokens, and the CSRF token that went with them."""
    settings = get_settings()
    for name in (settings.access_cookie_name, settings.refresh_cookie_name):
        response.delete_cookie(name, path="/", samesite=_samesite())
        # A browser drops a prefixed cookie only by one that its prefix allows.
        response.cookies[name]["secure"] = settings.cookie_secure
        response.cookies[name]["httponly"] = True
    response.delete_cookie(
        django_settings.CSRF_COOKIE_NAME,
        path=django_settings.CSRF_COOKIE_PATH,
        domain=django_settings.CSRF_COOKIE_DOMAIN,
        samesite=cast("_SameSite", django_settings.CSRF_COOKIE_SAMESITE),
    )
    response.cookies[django_settings.CSRF_COOKIE_NAME]["secure"] = (
        django_settings.CSRF_COOKIE_SECURE
    )
    depends_on_cookies(response)


def forget(response: HttpResponseBase) -> None:
    """Let the browser forget the tokens, and what it kept of the pages."""
    delete_cookies(response)
    if parts := get_settings().clear_site_data:
        response["Clear-Site-Data"] = ", ".join(f'"{part}"' for part in parts)


def depends_on_cookies(response: HttpResponseBase) -> None:
    """Tell caches that others get another answer (RFC 9110 §12.5.5)."""
    patch_vary_headers(response, ("Cookie",))


def _only_cookie(request: HttpRequest, name: str) -> str | None:
    value: str | None = request.COOKIES.get(name)
    if value is None:
        return None
    # Django keeps the last of several; a neighbour's may be first or last.
    pairs = request.META.get("HTTP_COOKIE", "").split(";")
    if sum(pair.partition("=")[0].strip() == name for pair in pairs) > 1:
        raise TokenMalformed("a credential cookie came twice")
    return value or None


def _samesite() -> _SameSite:
    return cast("_SameSite", str(get_settings().cookie_samesite))
