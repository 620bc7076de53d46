"""Checks of ``SESSIONAUTH``, and of what Django's own settings must say beside it."""

import json
from datetime import timedelta

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 # Django's name
from django.utils.module_loading import import_string

from sessionauth.conf import SETTING, get_serializer, get_settings, problems
from sessionauth.middleware import SessionMiddleware

ENGINE = "sessionauth.engine"
MIDDLEWARE = "sessionauth.middleware.SessionMiddleware"
DJANGO_MIDDLEWARE = "django.contrib.sessions.middleware.SessionMiddleware"
AUTHENTICATION_MIDDLEWARE = "django.contrib.auth.middleware.AuthenticationMiddleware"
# NIST SP 800-63B-4, section 2.2.3.
AAL2_IDLE_TIMEOUT = timedelta(hours=1)
AAL2_ABSOLUTE_TIMEOUT = timedelta(hours=24)
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
def check_timeouts(**_: object) -> list[CheckMessage]:
    """W007: sessions end as early as NIST wants them to at level AAL2."""
    if problems(getattr(django_settings, SETTING, {})):
        return []
    settings = get_settings()
    wide = [
        f"{SETTING}[{name!r}] is {value}, longer than {most}."
        for name, value, most in (
            ("IDLE_TIMEOUT", settings.idle_timeout, AAL2_IDLE_TIMEOUT),
            ("ABSOLUTE_TIMEOUT", settings.absolute_timeout, AAL2_ABSOLUTE_TIMEOUT),
        )
        if value > most
    ]
    return [
        Warning(
            message,
            hint="NIST SP 800-63B-4, section 2.2.3, wants no more. The longer it "
            "is, the longer a stolen cookie works: silence this where you decided so.",
            id="sessionauth.W007",
        )
        for message in wide
    ]


def _is_our_middleware(name: str) -> bool:
    try:
        middleware = import_string(name)
    except ImportError:
        return False  # Django says so itself, and better.
    return isinstance(middleware, type) and issubclass(middleware, SessionMiddleware)
