"""The ``SESSIONAUTH`` setting as one typed, frozen object; nothing else reads it.

It is read at first use and again after each change of the setting, so tests use
``override_settings`` and nothing needs reloading.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from functools import cache, cached_property
from typing import TypeGuard

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from sessionauth.core.record import Serializer
from sessionauth.core.timeouts import MILLISECOND, TimeoutPolicy

SETTING = "SESSIONAUTH"
CLEARABLE = ("cache", "cookies", "storage")
"""What ``Clear-Site-Data`` may name: what browsers know of it."""

# What ends later may end past the last date there is, and can't be shown.
_LONGEST = timedelta(days=36_500)


class SessionLimitPolicy(StrEnum):
    """What happens to a login when the user has as many sessions as allowed."""

    EVICT_OLDEST = "evict_oldest"
    DENY = "deny"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every key of ``SESSIONAUTH``, in lower case, with its default."""

    cache: str = "default"
    idle_timeout: timedelta = timedelta(minutes=30)
    absolute_timeout: timedelta = timedelta(hours=24)
    user_check_interval: timedelta = timedelta(seconds=60)
    max_sessions_per_user: int | None = None
    session_limit_policy: SessionLimitPolicy = SessionLimitPolicy.EVICT_OLDEST
    step_up_max_age: timedelta = timedelta(minutes=15)
    wait_replicas: int = 0
    clear_site_data: tuple[str, ...] = ("cache",)
    trusted_proxy_hops: int = 0

    @cached_property
    def timeouts(self) -> TimeoutPolicy:
        """Return the durations in ms, as the store counts at every request."""
        return TimeoutPolicy(
            idle_ms=self.idle_timeout // MILLISECOND,
            absolute_ms=self.absolute_timeout // MILLISECOND,
            user_check_ms=self.user_check_interval // MILLISECOND,
        )


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One fault of the setting: a stable code, what is wrong, and the cure."""

    code: str
    message: str
    hint: str


def get_settings() -> Settings:
    """Return the settings in force.

    Raises:
        ImproperlyConfigured: a key is unknown or ill-typed.
    """
    return _current or _read()


def get_serializer() -> Serializer:
    """Return what turns the values of a session into JSON: ``SESSION_SERIALIZER``."""
    return _serializer(django_settings.SESSION_SERIALIZER)


def problems(raw: object) -> list[Problem]:
    """Return every fault of ``raw``, a value of the ``SESSIONAUTH`` setting."""
    if not isinstance(raw, Mapping):
        message = f"{SETTING} must be a dictionary, not {type(raw).__name__}."
        return [Problem(code="E002", message=message, hint="Write SESSIONAUTH = {}.")]
    found = [_unknown(key) for key in raw if key not in _RULES]
    found += [
        Problem(
            code="E002",
            message=f"{SETTING}[{key!r}] is {raw[key]!r}, but must be {rule.words}.",
            hint=f"Set it to {rule.words}, or leave it out for the default.",
        )
        for key, rule in _RULES.items()
        if key in raw and not rule.holds(raw[key])
    ]
    return found or _contradictions(raw)


@cache
def _serializer(path: str) -> Serializer:
    serializer: Serializer = import_string(path)()
    return serializer


@dataclass(frozen=True)
class _Rule:
    holds: Callable[[object], bool]
    words: str


def _is_duration(value: object) -> bool:
    return isinstance(value, timedelta) and MILLISECOND <= value <= _LONGEST


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_clearable(value: object) -> bool:
    # A bare string would be read letter by letter.
    if not isinstance(value, tuple | list):
        return False
    return all(part in CLEARABLE for part in value)


_POLICIES = tuple(policy.value for policy in SessionLimitPolicy)
_DURATION = _Rule(_is_duration, "a timedelta greater than zero, at most 100 years")
_RULES = {
    "CACHE": _Rule(lambda v: isinstance(v, str) and bool(v), "the name of a cache"),
    "IDLE_TIMEOUT": _DURATION,
    "ABSOLUTE_TIMEOUT": _DURATION,
    "USER_CHECK_INTERVAL": _Rule(
        lambda v: isinstance(v, timedelta) and v >= timedelta(0),
        "a timedelta, or timedelta(0) for a check at every request",
    ),
    "MAX_SESSIONS_PER_USER": _Rule(
        lambda v: v is None or (_is_whole(v) and v > 0),
        "a whole number greater than zero, or None for no limit",
    ),
    "SESSION_LIMIT_POLICY": _Rule(
        lambda v: v in _POLICIES, " or ".join(map(repr, _POLICIES))
    ),
    "STEP_UP_MAX_AGE": _DURATION,
    "WAIT_REPLICAS": _Rule(
        lambda v: _is_whole(v) and v >= 0,
        "a whole number, 0 to wait for none",
    ),
    "CLEAR_SITE_DATA": _Rule(
        _is_clearable, f"a tuple of names out of {CLEARABLE}, () to send no header"
    ),
    "TRUSTED_PROXY_HOPS": _Rule(
        lambda v: _is_whole(v) and v >= 0,
        "a whole number, 0 if no proxy stands in front",
    ),
}


def _unknown(key: object) -> Problem:
    near = difflib.get_close_matches(str(key).upper(), _RULES, n=1, cutoff=0.5)
    return Problem(
        code="E001",
        message=f"{SETTING}[{key!r}] is not a setting.",
        hint=f"Did you mean {near[0]!r}?"
        if near
        else f"There are {', '.join(_RULES)}.",
    )


def _contradictions(raw: Mapping[str, object]) -> list[Problem]:
    settings = _build(raw)
    if settings.idle_timeout <= settings.absolute_timeout:
        return []
    return [
        Problem(
            code="E003",
            message=f"{SETTING}['IDLE_TIMEOUT'] is longer than 'ABSOLUTE_TIMEOUT'.",
            hint="A session can't be idle for longer than it lives: shorten the one "
            "or lengthen the other.",
        )
    ]


def _build(raw: Mapping[str, object]) -> Settings:
    names = {field.name for field in fields(Settings)}
    values = {key.lower(): value for key, value in raw.items() if key.lower() in names}
    if policy := values.get("session_limit_policy"):
        values["session_limit_policy"] = SessionLimitPolicy(str(policy))
    if parts := values.get("clear_site_data"):
        values["clear_site_data"] = tuple(parts)  # type: ignore[arg-type] # problems() tested it
    return Settings(**values)  # type: ignore[arg-type] # problems() tested each type


_current: Settings | None = None


def _read() -> Settings:
    global _current  # noqa: PLW0603 # one cache per process, cleared when the setting changes
    raw: object = getattr(django_settings, SETTING, {})
    if found := problems(raw):
        lines = (f"{p.message} {p.hint} (sessionauth.{p.code})" for p in found)
        raise ImproperlyConfigured("\n".join(lines))
    _current = _build(raw)  # type: ignore[arg-type] # problems() refuses all but a mapping
    return _current


def _forget(*, setting: str, **_: object) -> None:
    global _current  # noqa: PLW0603 # see _read()
    if setting == SETTING:
        _current = None


setting_changed.connect(_forget, dispatch_uid="sessionauth.conf")
