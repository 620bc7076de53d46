"""Readers of single values: a raw value of ``JWTAUTH`` -> the typed one, or Refused."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from django.conf import settings as django_settings
from django.utils.module_loading import import_string

from jwtauth.conf.choices import Delivery
from jwtauth.core.custom_claims import RESERVED
from jwtauth.core.jwks_address import JWKSAddress, parse_address

OwnKeys: TypeAlias = Path | str | Callable[[], Any] | list[Mapping[str, Any]]
KeySource: TypeAlias = OwnKeys | JWKSAddress
Reader: TypeAlias = Callable[[object], Any]
T = TypeVar("T")

CONTEXT_PARTS = ("user_agent", "ip_prefix")
CLEARABLE = ("cache", "cookies", "storage")

# From today on that is a date which every database and client can tell.
LONGEST = timedelta(days=36_500)

# RFC 6265 §4.1.1: a cookie's name is a token (RFC 9110 §5.6.2).
_COOKIE_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)


class Refused(ValueError):
    """A value that can't be used; says why."""


def text(value: object) -> str:
    """Read a non-empty string."""
    if not isinstance(value, str) or not value:
        raise Refused("must be a non-empty string")
    return value


def flag(value: object) -> bool:
    """Read a truth value; 0 and 1 may be slips of another setting."""
    if not isinstance(value, bool):
        raise Refused("must be True or False")
    return value


def duration(value: object) -> timedelta:
    """Read a time span above zero."""
    if not isinstance(value, timedelta) or value <= timedelta(0):
        raise Refused("must be a datetime.timedelta above zero")
    if value > LONGEST:
        raise Refused("must be at most 100 years: what ends later has no date")
    return value


def duration_up_to(limit: timedelta, why: str) -> Callable[[object], timedelta]:
    """Return a reader of a time span from zero to ``limit``; ``why`` not more."""

    def read(value: object) -> timedelta:
        if not isinstance(value, timedelta) or value < timedelta(0):
            raise Refused("must be a datetime.timedelta, zero or more")
        if value > limit:
            raise Refused(f"must be at most {limit.seconds} s: {why}")
        return value

    return read


window = duration_up_to(
    timedelta(hours=1), "all that time a stolen predecessor still works"
)
"""Reads how long a predecessor may still count."""

leeway = duration_up_to(
    timedelta(seconds=60),
    "clocks that differ by more want mending (RFC 7519 section 4.1.4)",
)
"""Reads a tolerance between clocks."""


def whole_number(value: object) -> int:
    """Read a count that may be zero."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refused("must be a whole number, zero or more")
    return value


def positive_number(value: object) -> int:
    """Read a count above zero."""
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise Refused("must be a whole number above zero")
    return value


def optional(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """Return a reader that also takes None for "none"."""

    def read_or_none(value: object) -> T | None:
        return None if value is None else read(value)

    return read_or_none


def one_of(choices: type[StrEnum]) -> Reader:
    """Return a reader of one of the values of an enumeration."""

    def read(value: object) -> StrEnum:
        try:
            return choices(str(value))
        except ValueError:
            names = " or ".join(repr(str(choice)) for choice in choices)
            raise Refused(f"must be {names}") from None

    return read


def delivery(value: object) -> frozenset[Delivery]:
    """Read a set of the ways in which tokens travel."""
    # A bare string would be read letter by letter.
    names = value if isinstance(value, set | frozenset | list | tuple) else ()
    try:
        ways = frozenset(Delivery(name) for name in names)
    except ValueError:
        ways = frozenset()
    if not ways:
        raise Refused("must be a set of 'cookie', 'bearer' or both")
    return ways


def names_out_of(allowed: tuple[str, ...]) -> Callable[[object], tuple[str, ...]]:
    """Return a reader of a tuple or list of some of ``allowed``."""

    def read(value: object) -> tuple[str, ...]:
        # ``in`` also bears what has no hash, such as a list in the tuple.
        if not isinstance(value, list | tuple) or any(
            part not in allowed for part in value
        ):
            raise Refused(f"must be a tuple of names out of {allowed}")
        return tuple(value)

    return read


def claim_names(value: object) -> tuple[str, ...]:
    """Read a tuple or list of names of claims."""
    if not isinstance(value, list | tuple) or not all(
        isinstance(name, str) and name for name in value
    ):
        raise Refused("must be a tuple of names of claims")
    taken = sorted(RESERVED.intersection(value))
    if taken:
        raise Refused(f"holds {taken[0]!r}, which no function may say")
    return tuple(value)


def identifiers(value: object) -> tuple[str, ...]:
    """Read a tuple or list of names, each of them once."""
    if not isinstance(value, list | tuple) or not all(
        isinstance(name, str) and name for name in value
    ):
        raise Refused("must be a tuple of non-empty strings")
    if len(set(value)) < len(value):
        raise Refused("has a name twice")
    return tuple(value)


def cookie_name(value: object) -> str:
    """Read a name that a browser accepts for a cookie."""
    name = text(value)
    if not _COOKIE_NAME.fullmatch(name):
        raise Refused("must be the name of a cookie, without spaces and separators")
    return name


def cache_alias(value: object) -> str:
    """Read an alias of ``CACHES``."""
    alias = text(value)
    if alias not in django_settings.CACHES:
        raise Refused(f"names {alias!r}, which is not in CACHES")
    return alias


def function(value: object) -> Callable[..., Any]:
    """Read a callable, or the dotted path of one; it is imported at first use."""
    if callable(value):
        return value
    path = text(value)
    if not re.fullmatch(r"\w+(\.\w+)+", path):
        raise Refused("must be a callable or its dotted path")

    def imported(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 # any callable's
        return import_string(path)(*args, **kwargs)

    imported.__qualname__ = imported.__name__ = path
    return imported


def keys(value: object) -> KeySource:
    """Read where keys come from."""
    if isinstance(value, list) or callable(value) or isinstance(value, Path):
        return value
    path = text(value)
    if "://" in path:
        try:
            return parse_address(path)
        except ValueError as fault:
            raise Refused(str(fault)) from None
    # A dotted path is the only string left that is no directory.
    return path if re.fullmatch(r"\w+(\.\w+)+", path) else Path(path)
