"""Families that are over, a bounded number at a time: to be denied, or deleted."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from jwtauth.core.ended_family import EndedFamily
from jwtauth.core.refresh_token import SID_BYTES, sid_bytes, sid_text
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.stores.families import all_rows, database
from jwtauth.stores.instants import aware

JUST_OVER = timedelta(minutes=10)
"""Access tokens are judged with leeway and by other clocks than the database's:
a family that has just ended by itself may still have to be denied."""

PAGE_ROWS = 1000
"""How many families one statement reads or deletes, unless told otherwise."""

SHOWN_REUSED = 10
"""How many logins that ended for an old copy a user is told of, the last ones."""


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


def pages(
    *, shard: int | None = None, size: int = PAGE_ROWS
) -> Iterator[list[EndedFamily]]:
    """Yield the families that were revoked and may still have to be denied.

    They come in the order of their ids, each page by one statement on the primary
    key: no other index is needed, and nothing stays open in between.

    Args:
        shard: only those whose id begins with this byte.
        size: how many a page holds at most.
    """
    rows = all_rows().order_by("pk")
    if shard is not None:
        first, last = (
            bytes([shard]) + end * (SID_BYTES - 1) for end in (b"\0", b"\xff")
        )
        rows = rows.filter(pk__gte=_pk(first), pk__lte=_pk(last))
    page = ended_among(rows, limit=size)
    while page:
        yield page
        after = _pk(sid_bytes(page[-1].sid))
        page = ended_among(rows.filter(pk__gt=after), limit=size)


def reused(
    user_id: Any,  # noqa: ANN401 # the type of the user model's key
    *,
    within: timedelta,
) -> QuerySet[TokenFamily]:
    """Return a user's last logins that ended because an old copy was used.

    Found by the user, whose rows the purge keeps few; what is derived from tokens is
    not even read.

    Args:
        user_id: whose logins.
        within: how long ago they may have ended.
    """
    rows = all_rows().filter(
        user_id=user_id,
        revoked_reason=RevocationReason.REUSE,
        revoked_at__gt=Now() - within,
    )
    shown = rows.only("user_id", "device", "address", "revoked_at")
    return shown.order_by("-revoked_at", "pk")[:SHOWN_REUSED]


def delete_some(size: int = PAGE_ROWS) -> int:
    """Delete families that no token can be of any more, in a transaction of its own.

    Rows that somebody else works on are left to them: no purge waits for another.

    Args:
        size: how many at most.

    Returns:
        How many were deleted; 0 when there are none left.
    """
    over = all_rows().filter(absolute_expires_at__lte=Now() - JUST_OVER)
    oldest = over.order_by("absolute_expires_at").select_for_update(skip_locked=True)
    with transaction.atomic(using=database()):
        pks = list(oldest.values_list("pk", flat=True)[:size])
        deleted, _ = all_rows().filter(pk__in=pks).delete()
    return deleted


def _pk(sid: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=sid)
