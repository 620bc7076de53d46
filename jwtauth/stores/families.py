"""Token families in the database: one read, one conditional write per refresh.

Every statement goes to the write database: a replica that lags would call a
fresh token reused. Instants are the database's own.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connections, router, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from jwtauth.core.ended_family import EndedFamily
from jwtauth.core.policy import TokenPolicy
from jwtauth.core.refresh_token import (
    RefreshKey,
    RefreshToken,
    secret_hash,
    sid_text,
)
from jwtauth.core.rotation import FamilyState
from jwtauth.models import TokenFamily
from jwtauth.stores import users
from jwtauth.stores.bindings import bindings, is_bound
from jwtauth.stores.conflicts import RowChanged
from jwtauth.stores.instants import aware, stored

JUST_OVER = timedelta(minutes=10)
"""Access tokens are judged with leeway and by other clocks than the database's:
a family that has just ended by itself may still have to be denied."""


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


@dataclass(frozen=True, kw_only=True)
class Generation:
    """A refresh token about to go on record, and what made it."""

    token: RefreshToken
    nonce: bytes
    key: RefreshKey
    context: bytes
    """What the request says of its sender; stored as a keyed hash."""


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
    rows = all_rows().select_related("user").annotate(database_now=Now())
    try:
        # first() would sort the one row, and pay for it.
        row = rows.get(pk=uuid.UUID(bytes=sid))
    except TokenFamily.DoesNotExist:
        return None
    return FoundFamily(row=row, user=row.user, now=aware(row.database_now))


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


def begin(
    first: Generation,
    *,
    user: AbstractBaseUser,
    about: Mapping[str, Any],
    policy: TokenPolicy,
    now: datetime,
) -> FoundFamily:
    """Return a new login that is not on record yet; ``add`` puts it there.

    Args:
        first: its first refresh token.
        user: who logged in.
        about: ``backend``, ``device`` and ``address``; more columns where the
            login goes on with an older one.
        policy: client and lifetimes.
        now: the database's clock.
    """
    columns = {
        "client_id": policy.client_id,
        "created_at": stored(now),
        "absolute_expires_at": stored(now + policy.refresh_absolute_timeout),
        **about,
    }
    row = TokenFamily(pk=uuid.UUID(bytes=first.token.sid), user_id=user.pk, **columns)
    return FoundFamily(row=row, user=user, now=now)


def add(found: FoundFamily, first: Generation, *, policy: TokenPolicy) -> None:
    """Write the row of a new login, bound to the scope that it has now."""
    _fill(found.row, _columns(found, first, policy) | _timers(found, policy))
    found.row.save(force_insert=True, using=database())


def rotate(found: FoundFamily, successor: Generation, *, policy: TokenPolicy) -> None:
    """Put the next generation in the place of the one on record.

    Raises:
        RowChanged: the row is not what was read any more.
    """
    columns = _columns(found, successor, policy) | _timers(found, policy)
    _compare_and_set(found, columns)


def displace(found: FoundFamily, rival: Generation, *, policy: TokenPolicy) -> None:
    """Put another secret in the place of the one on record, same generation.

    The timers stay where the rotation set them: the windows never slide.

    Raises:
        RowChanged: the row is not what was read any more.
    """
    columns = _columns(found, rival, policy)
    _compare_and_set(found, columns | {"displaced_at": stored(found.now)})


def revoke(sid: bytes, *, reason: str) -> tuple[EndedFamily | None, bool]:
    """End one family.

    Returns:
        What the denylist must know (None: no such family), and whether it was
        this call that ended it.
    """
    rows = all_rows().filter(pk=uuid.UUID(bytes=sid))
    ended_now = rows.filter(revoked_at__isnull=True).update(
        revoked_at=Now(), revoked_reason=reason
    )
    ended = ended_among(rows)
    return (ended[0] if ended else None), ended_now == 1


def revoke_all(
    user_id: Any,  # noqa: ANN401 # the type of the user model's key
    *,
    reason: str,
    keep: bytes | None,
) -> tuple[list[EndedFamily], set[str]]:
    """End every family of a user but ``keep``; call it under the user's lock.

    Returns:
        Every family that the denylist must hold, those that had ended before
        among them, and the ids of those that this call ended.
    """
    rows = all_rows().filter(user_id=user_id)
    if keep is not None:
        rows = rows.exclude(pk=uuid.UUID(bytes=keep))
    return _end(rows, reason)


def revoke_several(
    sids: Collection[bytes], *, reason: str
) -> tuple[list[EndedFamily], set[str]]:
    """End the families of these ids; call it in a transaction.

    Returns:
        See ``revoke_all``.
    """
    pks = [uuid.UUID(bytes=sid) for sid in sids]
    return _end(all_rows().filter(pk__in=pks), reason)


def ended_among(
    rows: QuerySet[TokenFamily], *, limit: int | None = None
) -> list[EndedFamily]:
    """Return those that were revoked and that a token could still be of."""
    ended = rows.filter(
        revoked_at__isnull=False, absolute_expires_at__gt=Now() - JUST_OVER
    ).values_list("pk", "user_id", "access_until", "absolute_expires_at")
    return [
        EndedFamily(
            sid=sid_text(pk.bytes),
            user_id=str(user_id),
            access_until=aware(access_until),
            absolute_expires_at=aware(absolute_expires_at),
        )
        for pk, user_id, access_until, absolute_expires_at in ended[:limit]
    ]


def _columns(
    found: FoundFamily, new: Generation, policy: TokenPolicy
) -> dict[str, Any]:
    """Return the columns that change with every secret."""
    return {
        "generation": new.token.generation,
        "secret_hash": secret_hash(new.token.secret),
        "nonce": new.nonce,
        "key_hint": new.key.hint,
        "context": new.key.context(new.context),
        "binding": bindings(found.row, found.user, new.key)[0],
        "access_until": stored(_access_ends(found, policy)),
    }


def _access_ends(found: FoundFamily, policy: TokenPolicy) -> datetime:
    """Return when the last access token of a family ends, those of before included."""
    # A retry mints a fresh access token and writes nothing: it counts here.
    ends = found.now + policy.refresh_grace_period + policy.access_token_lifetime
    before = found.row.access_until
    if before is not None:
        # The lifetime may have been longer when an earlier one was issued.
        ends = max(ends, aware(before))
    return min(ends, found.absolute_expires_at)


def _timers(found: FoundFamily, policy: TokenPolicy) -> dict[str, Any]:
    """Return the columns that only a rotation, or the login, sets anew."""
    idle_ends = min(found.now + policy.refresh_idle_timeout, found.absolute_expires_at)
    return {
        "rotated_at": stored(found.now),
        "displaced_at": None,
        "idle_expires_at": stored(idle_ends),
    }


def _compare_and_set(found: FoundFamily, columns: Mapping[str, Any]) -> None:
    """Run the one conditional UPDATE: of parallel callers exactly one succeeds."""
    row = found.row
    on_record = all_rows().filter(
        pk=row.pk,
        generation=row.generation,
        secret_hash=row.secret_hash,
        # A hasher upgrade binds the family anew, see ``bindings``.
        binding=row.binding,
        revoked_at__isnull=True,
    )
    if on_record.update(**columns) == 0:
        raise RowChanged
    _fill(row, columns)


def _fill(row: TokenFamily, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)


def _is_bound(found: FoundFamily, key: RefreshKey) -> bool:
    can_log_in = users.can_log_in(found.user, found.row.backend)
    return can_log_in and is_bound(found.row, found.user, key)


def _end(
    rows: QuerySet[TokenFamily], reason: str
) -> tuple[list[EndedFamily], set[str]]:
    ending = live(rows)
    # Locked, so that of two calls that meet one ends a family and the other knows;
    # and in one order, so that neither waits for the other for ever.
    locked = ending.order_by("pk").select_for_update(no_key=True)
    pks = list(locked.values_list("pk", flat=True))
    ending.filter(pk__in=pks).update(revoked_at=Now(), revoked_reason=reason)
    return ended_among(rows), {sid_text(pk.bytes) for pk in pks}
