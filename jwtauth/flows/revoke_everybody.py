"""End every login there is: after an incident, or when a backup was restored."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from jwtauth.conf import Revocation, get_settings
from jwtauth.core.ended_family import EndedFamily
from jwtauth.exceptions import DenylistDown
from jwtauth.flows.announce import announce
from jwtauth.models import RevocationReason
from jwtauth.stores import denylist, families, live_logins, revocations, users
from jwtauth.stores.conflicts import LOCKED_ATTEMPTS, retry_conflicts

USERS_PER_BATCH = 100
"""How many users' logins are held in memory, and told to Redis, at once."""


def revoke_everybody(*, reason: RevocationReason, now: float) -> int:
    """End every login that began before this call; logins go on meanwhile.

    Each user's logins end in a transaction of their own, under the user's lock:
    nobody waits for more than that. A call that was broken off may be repeated.

    Args:
        reason: goes on record.
        now: Unix seconds.

    Returns:
        How many logins this call ended.

    Raises:
        DenylistDown: every login has ended, but Redis could not be told of all;
            ``jwtauth_purge`` makes up for it.
        FamiliesBusy: the database kept reporting conflicts; logins may be left.
        RuntimeError: a transaction of the caller is open.
    """
    families.refuse_outer_transaction()
    count, fault = 0, None
    for user_ids in live_logins.users_in_batches(USERS_PER_BATCH):
        ended, new = _end(user_ids, reason)
        # Asked once it has failed, a hung server would cost every batch a wait, and
        # the logins that are left would live all that time.
        fault = fault or _fault_of_denying(ended, now)
        announce(ended, new, reason)
        count += len(new)
    if fault is not None:
        raise DenylistDown(f"{count} login(s) ended; {fault}") from fault
    return count


def _end(
    user_ids: Collection[Any], reason: RevocationReason
) -> tuple[list[EndedFamily], set[str]]:
    """End the logins of some users, one user after the other."""
    ended: list[EndedFamily] = []
    new: set[str] = set()
    for user_id in user_ids:
        ended_of_user, new_of_user = _end_user(user_id, reason)
        ended += ended_of_user
        new |= new_of_user
    return ended, new


def _end_user(
    user_id: Any,  # noqa: ANN401 # the type of the user model's key
    reason: RevocationReason,
) -> tuple[list[EndedFamily], set[str]]:
    using = families.database()

    def end() -> tuple[list[EndedFamily], set[str]]:
        with transaction.atomic(using=using):
            users.lock(user_id, using=using)
            return revocations.revoke_all(user_id, reason=reason, keep=None)

    return retry_conflicts(end, attempts=LOCKED_ATTEMPTS)


def _fault_of_denying(
    ended: Collection[EndedFamily], now: float
) -> DenylistDown | None:
    """Write the entries; return what kept them from being written."""
    if get_settings().revocation is not Revocation.DENYLIST:
        return None
    try:
        denylist.deny(ended, now=datetime.fromtimestamp(now, UTC))
    except DenylistDown as error:
        return error
    return None
