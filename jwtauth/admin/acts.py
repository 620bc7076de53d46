"""What an operator can do to logins; each act runs a flow and goes on record."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model, QuerySet

from jwtauth.admin.outcomes import Outcome
from jwtauth.core.refresh_token import sid_bytes
from jwtauth.exceptions import DenylistDown
from jwtauth.flows import revoke
from jwtauth.models import RevocationReason, TokenFamily

BATCH = 1000
"""So many logins are ended at a time: everybody's fit in no statement."""


def end_selected(families: QuerySet[TokenFamily], *, by: str) -> Outcome:
    """End the logins of a selection, however many.

    Args:
        families: which ones.
        by: the key of the operator, for the record.

    Raises:
        FamiliesBusy: not all have ended.
    """
    return _end(_batches(families), by=by)


def end_one(family: TokenFamily, *, by: str) -> Outcome:
    """End one login."""
    return _end([[family.pk]], by=by)


def end_all_of(family: TokenFamily, *, by: str) -> Outcome:
    """End every login of the user whose login this is, also of one who is gone."""
    outcome = _end_all(family.user_id)
    _record([family.user or family], "Ended all logins.", by=by)
    return outcome


def end_all_of_users(users: QuerySet[AbstractBaseUser], *, by: str) -> Outcome:
    """End every login of each user of a selection, one user after the other."""
    outcomes = []
    for user in users.iterator():
        outcomes.append(_end_all(user.pk))
        _record([user], "Ended all logins.", by=by)
    return Outcome(
        count=sum(outcome.count for outcome in outcomes),
        is_complete=all(outcome.is_complete for outcome in outcomes),
    )


def deactivate_and_end_all(family: TokenFamily, *, by: str) -> Outcome:
    """Lock out the user whose login this is: none begins or goes on any more.

    Deactivated first: a login that races with this finds the user inactive, or is
    ended with the others. The receivers of users end them too, but nobody would hear
    of it where Redis was down.
    """
    user: AbstractBaseUser = family.user  # type: ignore[assignment] # there is one
    user.is_active = False
    # Not by update(): others listen to the signals of a user who changes.
    user.save(update_fields=["is_active"])  # type: ignore[misc] # this model has it
    _record([user], "Deactivated the user.", by=by)
    outcome = end_all_of(family, by=by)
    return replace(outcome, is_lockout=True)


def _end(batches: Iterable[Collection[UUID]], *, by: str) -> Outcome:
    ended: list[str] = []

    def on_ended(sids: Collection[str]) -> None:
        ended.extend(sids)
        rows = [TokenFamily(pk=UUID(bytes=sid_bytes(sid))) for sid in sids]
        _record(rows, "Ended the login.", by=by)

    told = [_is_told(partial(_end_batch, pks, on_ended)) for pks in batches]
    return Outcome(count=len(ended), is_complete=all(told))


def _end_batch(
    pks: Collection[UUID], on_ended: Callable[[Collection[str]], None]
) -> None:
    revoke.revoke_families(
        [pk.bytes for pk in pks],
        reason=RevocationReason.REVOKED,
        now=time.time(),
        on_ended=on_ended,
    )


def _end_all(user_id: Any) -> Outcome:  # noqa: ANN401 # the type of the user model's key
    try:
        count = revoke.revoke_all(
            user_id, reason=RevocationReason.REVOKED, now=time.time()
        )
    except DenylistDown:
        return Outcome(count=0, is_complete=False)
    return Outcome(count=count, is_complete=True)


def _batches(families: QuerySet[TokenFamily]) -> Iterator[list[UUID]]:
    """Yield ids in the order of the key: what has ended may leave the selection."""
    in_order = rest = families.order_by("pk")
    while pks := list(rest.values_list("pk", flat=True)[:BATCH]):
        yield pks
        rest = in_order.filter(pk__gt=pks[-1])


def _is_told(step: Callable[[], object]) -> bool:
    """Whether Redis learned what ``step`` ended; it has ended in any case."""
    try:
        step()
    except DenylistDown:
        return False
    return True


def _record(objects: Iterable[Model], what: str, *, by: str) -> None:
    """Write what was done into the admin's own history of each object."""
    LogEntry.objects.log_actions(by, objects, CHANGE, what)
