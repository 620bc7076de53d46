"""The decision to end families: one, several, or all of a user."""

import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from jwtauth.core.ended_family import EndedFamily
from jwtauth.core.refresh_token import sid_text
from jwtauth.models import TokenFamily
from jwtauth.stores.ended_families import ended_among
from jwtauth.stores.families import all_rows, live


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
