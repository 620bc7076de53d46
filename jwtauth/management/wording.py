"""Instants and keys in words, for what commands print."""

from datetime import UTC, datetime

from jwtauth.core.keys import Key

_UNITS = (("d", 86400), ("h", 3600), ("min", 60))
_AT_LEAST = 2
"""Below two of a unit the next smaller one says more."""


def date_in_words(instant: float) -> str:
    """Return Unix seconds as date and time in UTC."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def moment_in_words(instant: float, now: float) -> str:
    """Return date and time, and how far that is from now: "in 4 min", "2 h ago".

    Takes any number, also one that no calendar has a date for.
    """
    try:
        return f"{date_in_words(instant)}, {_distance(instant, now)}"
    except (OverflowError, ValueError, OSError):
        return "in no calendar"


def _distance(instant: float, now: float) -> str:
    seconds = abs(instant - now)
    unit, size = next(
        ((unit, size) for unit, size in _UNITS if seconds >= _AT_LEAST * size), ("s", 1)
    )
    amount = f"{seconds // size:.0f} {unit}"
    return f"{amount} ago" if instant < now else f"in {amount}"


def state_in_words(key: Key, now: float) -> str:
    """Return what a key does at ``now`` (Unix seconds)."""
    if not key.is_alive(now):
        return "expired"
    if key.signing is None:
        return "verifies what another service signs"
    if not key.has_started(now):
        return f"next: signs from {date_in_words(key.signs_from)}"
    if key.verifies_until is not None:
        return f"superseded: verifies until {date_in_words(key.verifies_until)}"
    return "signs"
