"""Token families in the database: what is on record about a login.

Every statement goes to the write database: a replica that lags would call a
fresh token reused. Instants are the database's own.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connections, router, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from jwtauth.core.refresh_token import RefreshKey
from jwtauth.core.rotation import FamilyState
from jwtauth.models import TokenFamily
from jwtauth.stores import users
from jwtauth.stores.bindings import is_bound
from jwtauth.stores.instants import aware


@dataclass(frozen=True, kw_only=True)
class FoundFamily:
    """A family, its user (None if gone), and the database's clock as it was read."""

    row: TokenFamily
    user: AbstractBaseUser | None
    now: datetime

    @property
    def absolute_expires_at(self) -> datetime:
        """When the login ends in any case, in UTC."""
        return aware(self.row.absolute_expires_at)

    @property
    def auth_time(self) -> datetime:
        """When the user logged in, in UTC."""
        return aware(self.row.created_at)

    @property
    def idle_expires_at(self) -> datetime:
        """When the refresh token on record expires, in UTC."""
        return aware(self.row.idle_expires_at)


def database() -> str:
    """Return the alias that families are written to."""
    return router.db_for_write(TokenFamily)


def all_rows() -> QuerySet[TokenFamily]:
    """Return all families, as they are where they are written."""
    return TokenFamily.objects.using(database())


def live(among: QuerySet[TokenFamily]) -> QuerySet[TokenFamily]:
    """Return those that no decision and no absolute timeout has ended.

    Those that were idle for too long are among them: their last access token may
    still count.
    """
    return among.filter(revoked_at__isnull=True, absolute_expires_at__gt=Now())


def refuse_outer_transaction() -> None:
    """Make sure that what is written now stays, whatever becomes of the request.

    Raises:
        RuntimeError: a caller's transaction is open; its rollback would undo a
            rotation whose token has been handed out, or a revocation.
    """
    if connections[database()].in_atomic_block:
        # Django's own check; it knows the transactions of its TestCase.
        with transaction.atomic(using=database(), durable=True):
            pass


def find(sid: bytes) -> FoundFamily | None:
    """Read a family, its user and the database's clock in one statement."""
    rows = _with_user_and_clock(database()).filter(pk=uuid.UUID(bytes=sid))
    # get() would limit the one row, first() sort it, and the request pay for it.
    row = next(iter(rows), None)
    if row is None:
        return None
    return FoundFamily(row=row, user=row.user, now=aware(row.database_now))


@cache
def _with_user_and_clock(alias: str) -> QuerySet[Any]:
    """Return what every refresh reads from; a queryset is copied, never changed."""
    rows = TokenFamily.objects.using(alias).select_related("user")
    return rows.annotate(database_now=Now())


def owner_of(sid: bytes) -> str | None:
    """Return whose family it is, as ``sub`` spells it; None if there is none."""
    rows = all_rows().filter(pk=uuid.UUID(bytes=sid))
    owner = rows.values_list("user_id", flat=True).first()
    return None if owner is None else str(owner)


def state_of(found: FoundFamily, key: RefreshKey) -> FamilyState:
    """Return what ``decide`` judges; ``key`` is the one that the row names."""
    row = found.row
    return FamilyState(
        key=key,
        generation=row.generation,
        secret_hash=bytes(row.secret_hash),
        nonce=bytes(row.nonce),
        context=bytes(row.context),
        rotated_at=aware(row.rotated_at),
        was_displaced=row.displaced_at is not None,
        idle_expires_at=found.idle_expires_at,
        absolute_expires_at=found.absolute_expires_at,
        is_revoked=row.revoked_at is not None,
        is_bound=_is_bound(found, key),
    )


def _is_bound(found: FoundFamily, key: RefreshKey) -> bool:
    can_log_in = users.can_log_in(found.user, found.row.backend)
    return can_log_in and is_bound(found.row, found.user, key)
