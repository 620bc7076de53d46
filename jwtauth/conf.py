"""The ``JWTAUTH`` setting as one frozen, typed object; nothing else reads that setting.

``problems()`` lists everything that is wrong, for the system checks;
``get_settings()`` raises the first of it, for processes that ran no checks.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from jwtauth.core.policy import TokenPolicy

KeySource: TypeAlias = Path | str | Callable[[], Any] | list[Mapping[str, Any]]

MAX_RETRY_WINDOW = timedelta(seconds=300)
MAX_LEEWAY = timedelta(seconds=60)
_CONTEXT_PARTS = ("user_agent", "ip_prefix")


class Revocation(StrEnum):
    """How soon a revoked access token stops to count."""

    DENYLIST = "denylist"
    """At the next request."""
    REFRESH_ONLY = "refresh_only"
    """When it expires; only refresh tokens end at once."""


class DenylistFailure(StrEnum):
    """What an access token counts for while the denylist can't be read."""

    CLOSED = "closed"
    OPEN = "open"


class DenylistCovers(StrEnum):
    """How long a denylist entry stays."""

    REFRESH = "refresh"
    ACCESS = "access"


class UserLoading(StrEnum):
    """When the row of an authenticated user is read."""

    LAZY = "lazy"
    DATABASE = "database"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``JWTAUTH`` with its defaults; the reference page describes each."""

    policy: TokenPolicy
    keys: KeySource
    key_reload_interval: timedelta
    key_overlap: timedelta
    refresh_context: tuple[str, ...]
    revocation: Revocation
    denylist_cache: str
    denylist_failure: DenylistFailure
    denylist_covers: DenylistCovers
    user: UserLoading
    trusted_proxy_hops: int


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong with the setting, and the cure."""

    id: str
    message: str
    hint: str


class _Refused(ValueError):
    """A value that can't be used; says why."""


_Reader: TypeAlias = Callable[[object], Any]


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise _Refused("must be a non-empty string")
    return value


def _duration(value: object) -> timedelta:
    if not isinstance(value, timedelta) or value <= timedelta(0):
        raise _Refused("must be a datetime.timedelta above zero")
    return value


def _duration_or_zero(value: object) -> timedelta:
    if not isinstance(value, timedelta) or value < timedelta(0):
        raise _Refused("must be a datetime.timedelta, zero or more")
    return value


def _window(value: object) -> timedelta:
    window = _duration_or_zero(value)
    if window > MAX_RETRY_WINDOW:
        raise _Refused(
            f"must be at most {MAX_RETRY_WINDOW.seconds} s: all that time a stolen "
            "predecessor still works"
        )
    return window


def _leeway(value: object) -> timedelta:
    leeway = _duration_or_zero(value)
    if leeway > MAX_LEEWAY:
        raise _Refused(
            f"must be at most {MAX_LEEWAY.seconds} s: clocks that differ by more "
            "want mending (RFC 7519 section 4.1.4)"
        )
    return leeway


def _whole_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _Refused("must be a whole number, zero or more")
    return value


def _positive_number(value: object) -> int:
    number = _whole_number(value)
    if number == 0:
        raise _Refused("must be a whole number above zero")
    return number


def _one_of(choices: type[StrEnum]) -> _Reader:
    def read(value: object) -> StrEnum:
        try:
            return choices(str(value))
        except ValueError:
            names = " or ".join(repr(str(choice)) for choice in choices)
            raise _Refused(f"must be {names}") from None

    return read


def _context(value: object) -> tuple[str, ...]:
    # ``in`` also bears what has no hash, such as a list in the tuple.
    if not isinstance(value, list | tuple) or any(
        part not in _CONTEXT_PARTS for part in value
    ):
        raise _Refused(f"must be a tuple of names out of {_CONTEXT_PARTS}")
    return tuple(value)


def _cache_alias(value: object) -> str:
    alias = _text(value)
    if alias not in django_settings.CACHES:
        raise _Refused(f"names {alias!r}, which is not in CACHES")
    return alias


def _keys(value: object) -> KeySource:
    if isinstance(value, list) or callable(value) or isinstance(value, Path):
        return value
    text = _text(value)
    # A dotted path is the only string that is no directory.
    return text if re.fullmatch(r"\w+(\.\w+)+", text) else Path(text)


@dataclass(frozen=True, kw_only=True)
class _Option:
    id: str
    read: _Reader
    cure: str
    default: object = None

    @property
    def is_required(self) -> bool:
        return self.default is None


def _timeout(id_: str, default: timedelta) -> _Option:
    return _Option(
        id=id_, read=_duration, default=default, cure=f"e.g. {default!r}, the default"
    )


_OPTIONS: Mapping[str, _Option] = {
    "ISSUER": _Option(
        id="jwtauth.E003",
        read=_text,
        cure="Write who issues the tokens, usually 'https://your.domain'.",
    ),
    "AUDIENCE": _Option(
        id="jwtauth.E004",
        read=_text,
        cure="Write whom the tokens are for, usually 'https://api.your.domain'.",
    ),
    "CLIENT_ID": _Option(
        id="jwtauth.E005",
        read=_text,
        default="first-party",
        cure="Leave it out or name your one first-party client.",
    ),
    "KEYS": _Option(
        id="jwtauth.E006",
        read=_keys,
        cure="Write a directory of JWK files, a list of JWKs, or the dotted path "
        "of a callable that returns them.",
    ),
    "KEY_RELOAD_INTERVAL": _timeout("jwtauth.E007", timedelta(seconds=60)),
    "KEY_OVERLAP": _timeout("jwtauth.E008", timedelta(minutes=10)),
    "ACCESS_TOKEN_LIFETIME": _timeout(
        "jwtauth.E009", TokenPolicy.access_token_lifetime
    ),
    "REFRESH_IDLE_TIMEOUT": _timeout("jwtauth.E010", TokenPolicy.refresh_idle_timeout),
    "REFRESH_ABSOLUTE_TIMEOUT": _timeout(
        "jwtauth.E011", TokenPolicy.refresh_absolute_timeout
    ),
    "REFRESH_GRACE_PERIOD": _Option(
        id="jwtauth.E012",
        read=_window,
        default=TokenPolicy.refresh_grace_period,
        cure="e.g. datetime.timedelta(seconds=10), the default; 0 for single use.",
    ),
    "REFRESH_RETRY_WINDOW": _Option(
        id="jwtauth.E013",
        read=_window,
        default=TokenPolicy.refresh_retry_window,
        cure="e.g. datetime.timedelta(seconds=120), the default; 0 for none.",
    ),
    "REFRESH_CONTEXT": _Option(
        id="jwtauth.E014",
        read=_context,
        default=("user_agent",),
        cure="e.g. ('user_agent',), the default.",
    ),
    "REVOCATION": _Option(
        id="jwtauth.E015",
        read=_one_of(Revocation),
        default="denylist",
        cure="'denylist' revokes access tokens at once, 'refresh_only' waits for "
        "them to expire.",
    ),
    "DENYLIST_CACHE": _Option(
        id="jwtauth.E016",
        read=_cache_alias,
        default="default",
        cure="Name an alias of CACHES that django-redis serves.",
    ),
    "DENYLIST_FAILURE": _Option(
        id="jwtauth.E017",
        read=_one_of(DenylistFailure),
        default="closed",
        cure="'closed' answers 503 while Redis is down, 'open' lets revoked "
        "tokens pass until they expire.",
    ),
    "DENYLIST_COVERS": _Option(
        id="jwtauth.E018",
        read=_one_of(DenylistCovers),
        default="refresh",
        cure="'refresh' keeps entries as long as the login could have lived, "
        "'access' as long as its last access token.",
    ),
    "USER": _Option(
        id="jwtauth.E019",
        read=_one_of(UserLoading),
        default="lazy",
        cure="'lazy' reads the user's row on first use, 'database' always.",
    ),
    "LEEWAY": _Option(
        id="jwtauth.E020",
        read=_leeway,
        default=TokenPolicy.leeway,
        cure="e.g. datetime.timedelta(seconds=5), the default.",
    ),
    "MAX_TOKEN_LENGTH": _Option(
        id="jwtauth.E021",
        read=_positive_number,
        default=TokenPolicy.max_token_length,
        cure="Write a number of characters, e.g. 8192, the default.",
    ),
    "TRUSTED_PROXY_HOPS": _Option(
        id="jwtauth.E022",
        read=_whole_number,
        default=0,
        cure="Write how many proxies of yours stand before Django; 0 is none.",
    ),
}


def problems() -> list[Problem]:
    """Return everything that is wrong with ``JWTAUTH`` as it stands now."""
    raw = getattr(django_settings, "JWTAUTH", None)
    if not isinstance(raw, dict):
        return [
            Problem(
                id="jwtauth.E001",
                message="The setting JWTAUTH is missing or not a dict.",
                hint="Write JWTAUTH = {'ISSUER': ..., 'AUDIENCE': ..., 'KEYS': ...}.",
            )
        ]
    found = [*_unknown_keys(raw), *_wrong_values(raw)]
    return found or list(_contradictions(raw))


def _unknown_keys(raw: Mapping[Any, object]) -> Iterator[Problem]:
    for key in raw:
        if key not in _OPTIONS:
            near = difflib.get_close_matches(str(key), _OPTIONS, n=1)
            yield Problem(
                id="jwtauth.E002",
                message=f"JWTAUTH has no key {key!r}.",
                hint=f"Did you mean {near[0]!r}?" if near else "Remove it.",
            )


def _wrong_values(raw: Mapping[str, object]) -> Iterator[Problem]:
    for name, option in _OPTIONS.items():
        if name not in raw and option.is_required:
            message = f"JWTAUTH[{name!r}] is missing."
            yield Problem(id=option.id, message=message, hint=option.cure)
        elif name in raw:
            try:
                option.read(raw[name])
            except _Refused as error:
                message = f"JWTAUTH[{name!r}] {error}."
                yield Problem(id=option.id, message=message, hint=option.cure)


def _contradictions(raw: Mapping[str, object]) -> Iterator[Problem]:
    settings = _settings(raw)
    policy = settings.policy
    if policy.refresh_idle_timeout > policy.refresh_absolute_timeout:
        yield Problem(
            id="jwtauth.E023",
            message="JWTAUTH['REFRESH_IDLE_TIMEOUT'] is longer than "
            "JWTAUTH['REFRESH_ABSOLUTE_TIMEOUT'].",
            hint="A login ends at the absolute timeout in any case: shorten the "
            "idle timeout.",
        )
    # A process learns of the next key one reload after it was published.
    if settings.key_overlap < settings.key_reload_interval:
        yield Problem(
            id="jwtauth.E024",
            message="JWTAUTH['KEY_OVERLAP'] is shorter than "
            "JWTAUTH['KEY_RELOAD_INTERVAL'].",
            hint="The next key would sign before everybody knows it: lengthen the "
            "overlap or reload more often.",
        )


def _settings(raw: Mapping[str, object]) -> Settings:
    value = {
        name: option.read(raw.get(name, option.default))
        for name, option in _OPTIONS.items()
    }
    policy_names = TokenPolicy.__dataclass_fields__
    return Settings(
        policy=TokenPolicy(
            **{name: value.pop(name.upper()) for name in policy_names},
        ),
        **{name.lower(): item for name, item in value.items()},
    )


@cache
def get_settings() -> Settings:
    """Return the settings in force.

    Raises:
        ImproperlyConfigured: ``JWTAUTH`` is wrong; says where and how to mend it.
    """
    for problem in problems():
        raise ImproperlyConfigured(f"{problem.message} {problem.hint}")
    return _settings(django_settings.JWTAUTH)


def _forget(*, setting: str, **_: object) -> None:
    if setting in {"JWTAUTH", "CACHES"}:
        get_settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="jwtauth.conf")
