"""Conflicts on a row that another attempt can settle, told from real faults."""

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError

from jwtauth.exceptions import FamiliesBusy

T = TypeVar("T")

ATTEMPTS = 3

LOCKED_ATTEMPTS = 12
"""For transactions that begin by waiting for a user's row.

At REPEATABLE READ each of them that waited fails when the row was changed
meanwhile, and every login changes it (``last_login``): a crowd takes turns.
"""

# PostgreSQL: serialization_failure and deadlock_detected.
_SQLSTATES = {"40001", "40P01"}


class RowChanged(Exception):
    """The row is no longer what was read: read and decide again."""


def retry_conflicts(step: Callable[[], T], *, attempts: int = ATTEMPTS) -> T:
    """Run ``step`` again, from its first read on, when it meets a conflict.

    Args:
        step: one read and one write, or one transaction; must be safe to repeat.
        attempts: how often at the most.

    Raises:
        FamiliesBusy: it met a conflict at every attempt.
    """
    for _ in range(attempts):
        try:
            return step()
        except RowChanged:
            continue
        except OperationalError as error:
            if not is_conflict(error):
                raise
    raise FamiliesBusy(f"{attempts} attempts met a conflict each")


def is_conflict(error: object) -> bool:
    """Whether the database refused because of what others did at the same time."""
    if not isinstance(error, OperationalError):
        return False
    # psycopg 3 says sqlstate, psycopg 2 pgcode; SQLite has words only.
    cause = error.__cause__
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    return state in _SQLSTATES or "is locked" in str(error)
