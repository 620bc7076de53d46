"""System checks: what would go wrong at the first request is said at the start."""

import json
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 # Django's name
from django.utils.module_loading import import_string

from sessionauth.conf import SETTING, get_serializer, get_settings, problems
from sessionauth.middleware import SessionMiddleware

ENGINE = "sessionauth.engine"
MIDDLEWARE = "sessionauth.middleware.SessionMiddleware"
DJANGO_MIDDLEWARE = "django.contrib.sessions.middleware.SessionMiddleware"
AUTHENTICATION_MIDDLEWARE = "django.contrib.auth.middleware.AuthenticationMiddleware"
_SAMPLE: dict[str, object] = {
    "list": [],
    "object": {},
    "text": "\u00e4",
    "null": None,
    "number": 1,
}


@register(Tags.security)
def check_settings(**_: object) -> list[CheckMessage]:
    """E001-E003: the keys of ``SESSIONAUTH`` are known, typed and consistent."""
    return [
        Error(problem.message, hint=problem.hint, id=f"sessionauth.{problem.code}")
        for problem in problems(getattr(django_settings, SETTING, {}))
    ]


@register(Tags.security)
def check_engine(**_: object) -> list[CheckMessage]:
    """E004: the engine is ours."""
    if django_settings.SESSION_ENGINE == ENGINE:
        return []
    return [
        Error(
            f"SESSION_ENGINE is {django_settings.SESSION_ENGINE!r}.",
            hint=f"Set SESSION_ENGINE = {ENGINE!r}.",
            id="sessionauth.E004",
        )
    ]


@register(Tags.security)
def check_middleware(**_: object) -> list[CheckMessage]:
    """E005: our middleware is there, alone, and before what needs a session."""
    names = list(django_settings.MIDDLEWARE)
    ours = [n for n, name in enumerate(names) if _is_our_middleware(name)]
    if len(ours) != 1 or DJANGO_MIDDLEWARE in names:
        fault = f"MIDDLEWARE must contain {MIDDLEWARE!r} once, and not Django's."
    elif AUTHENTICATION_MIDDLEWARE in names[: ours[0]]:
        fault = f"{MIDDLEWARE!r} comes after {AUTHENTICATION_MIDDLEWARE!r}."
    else:
        return []
    hint = f"Put {MIDDLEWARE!r} where Django's SessionMiddleware would stand."
    return [Error(fault, hint=hint, id="sessionauth.E005")]


@register(Tags.security)
def check_cache(**_: object) -> list[CheckMessage]:
    """E006, W006: the cache is one of django-redis, and hides no outage."""
    if problems(getattr(django_settings, SETTING, {})):
        return []
    alias = get_settings().cache
    cache: dict[str, Any] = dict(django_settings.CACHES.get(alias, {}))
    if not str(cache.get("BACKEND", "")).startswith("django_redis."):
        return [
            Error(
                f"{SETTING}['CACHE'] is {alias!r}, which is no django-redis cache.",
                hint="Name an alias of CACHES with the backend "
                "'django_redis.cache.RedisCache'.",
                id="sessionauth.E006",
            )
        ]
    ignores = getattr(django_settings, "DJANGO_REDIS_IGNORE_EXCEPTIONS", False)
    if not cache.get("OPTIONS", {}).get("IGNORE_EXCEPTIONS", ignores):
        return []
    return [
        Warning(
            f"CACHES[{alias!r}] ignores exceptions.",
            hint="Sessions don't follow this option, but whatever else guards the "
            "login through this cache (such as a throttle) is blind while Redis is "
            "down. Remove it.",
            id="sessionauth.W006",
        )
    ]


@register(Tags.security)
def check_serializer(**_: object) -> list[CheckMessage]:
    """E007: values are JSON. Unpickling what lies in Redis would run its code."""
    try:
        is_json = json.loads(get_serializer().dumps(_SAMPLE)) == _SAMPLE
    except Exception:  # noqa: BLE001 # whatever a foreign class raises, it is no JSON
        is_json = False
    if is_json:
        return []
    return [
        Error(
            f"SESSION_SERIALIZER {django_settings.SESSION_SERIALIZER!r} does not "
            "write JSON.",
            hint="Leave it out, or name a class whose dumps() returns JSON.",
            id="sessionauth.E007",
        )
    ]


@register(Tags.security)
def check_cookie(**_: object) -> list[CheckMessage]:
    """W002, W004, W005: who may read the cookie, who sends it, how long it stays."""
    found: list[CheckMessage] = []
    if not django_settings.SESSION_COOKIE_HTTPONLY:
        found.append(
            Warning(
                "SESSION_COOKIE_HTTPONLY is off.",
                hint="Any script on the page can read the session's id. Remove it.",
                id="sessionauth.W002",
            )
        )
    if django_settings.SESSION_COOKIE_SAMESITE not in {"Lax", "Strict"}:
        found.append(
            Warning(
                f"SESSION_COOKIE_SAMESITE is "
                f"{django_settings.SESSION_COOKIE_SAMESITE!r}.",
                hint="Browsers send the cookie along with other sites' requests. "
                "Set 'Lax' or 'Strict'.",
                id="sessionauth.W004",
            )
        )
    if not django_settings.SESSION_EXPIRE_AT_BROWSER_CLOSE:
        found.append(
            Warning(
                "SESSION_EXPIRE_AT_BROWSER_CLOSE is off.",
                hint="The cookie stays on shared computers. Set it to True; who asked "
                "to be remembered gets a longer one by set_expiry().",
                id="sessionauth.W005",
            )
        )
    return found


@register(Tags.security, deploy=True)
def check_cookie_deployed(**_: object) -> list[CheckMessage]:
    """W001, W003: the cookie is bound to this host and to TLS."""
    found: list[CheckMessage] = []
    if not django_settings.SESSION_COOKIE_NAME.startswith("__Host-"):
        found.append(
            Warning(
                f"SESSION_COOKIE_NAME is {django_settings.SESSION_COOKIE_NAME!r}.",
                hint="Set '__Host-sessionid': a sibling domain can't plant a cookie "
                "of that name (RFC 6265bis, section 4.1.3.2).",
                id="sessionauth.W001",
            )
        )
    if not django_settings.SESSION_COOKIE_SECURE:
        found.append(
            Warning(
                "SESSION_COOKIE_SECURE is off.",
                hint="The session's id travels without TLS. Set it to True.",
                id="sessionauth.W003",
            )
        )
    return found


def _is_our_middleware(name: str) -> bool:
    try:
        middleware = import_string(name)
    except ImportError:
        return False  # Django says so itself, and better.
    return isinstance(middleware, type) and issubclass(middleware, SessionMiddleware)
