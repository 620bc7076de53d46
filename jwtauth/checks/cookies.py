"""Checks of tokens in cookies: what browsers send, and the middleware that it needs."""

from django.conf import settings as django_settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.core.checks import CheckMessage, Error, Tags, Warning  # noqa: A004 # Django's name
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.module_loading import import_string

from jwtauth.checks.registry import register_for_settings
from jwtauth.conf import Delivery, SameSite, Settings
from jwtauth.middleware import JWTAuthenticationMiddleware


@register_for_settings(Tags.security)
def check_samesite(settings: Settings) -> list[CheckMessage]:
    """W005: other sites' requests don't carry the token cookies."""
    if Delivery.COOKIE not in settings.delivery:
        return []
    if settings.cookie_samesite is not SameSite.NONE:
        return []
    return [
        Warning(
            "JWTAUTH['COOKIE_SAMESITE'] is 'None': other sites' requests carry the "
            "token cookies.",
            hint="Only the CSRF check is left then. Use 'Strict' or 'Lax' unless the "
            "front end is on another site.",
            id="jwtauth.W005",
        )
    ]


@register_for_settings(Tags.security)
def check_middleware(settings: Settings) -> list[CheckMessage]:
    """E050, E051: the middleware that cookies need, in the order that they need."""
    if Delivery.COOKIE not in settings.delivery:
        return []
    csrf, ours = _place_of(CsrfViewMiddleware), _place_of(JWTAuthenticationMiddleware)
    if csrf is None:
        return [
            Error(
                "JWTAUTH['DELIVERY'] has 'cookie', and MIDDLEWARE has no CSRF check.",
                hint="Add 'django.middleware.csrf.CsrfViewMiddleware': without its "
                "cookie nobody can log in.",
                id="jwtauth.E050",
            )
        ]
    if ours is not None and ours > max(csrf, _place_of(AuthenticationMiddleware) or 0):
        return []
    return [
        Error(
            "JWTAUTH['DELIVERY'] has 'cookie', and MIDDLEWARE has no "
            "'jwtauth.middleware.JWTAuthenticationMiddleware' after Django's CSRF and "
            "authentication middleware.",
            hint="Add it below them: it keeps caches from mixing users up, and renews "
            "access cookies. Without cookies set JWTAUTH['DELIVERY'] = {'bearer'}.",
            id="jwtauth.E051",
        )
    ]


def _place_of(middleware: type) -> int | None:
    """Return where ``MIDDLEWARE`` has this class, or one made of it."""
    for place, path in enumerate(django_settings.MIDDLEWARE):
        try:
            found = import_string(path)
        except ImportError:
            continue  # Django says it better when it starts.
        if isinstance(found, type) and issubclass(found, middleware):
            return place
    return None
