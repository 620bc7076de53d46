"""Delete logins that are long over; put back what the denylist has lost."""

from datetime import UTC, datetime

from jwtauth.conf import Revocation, get_settings
from jwtauth.stores import denylist, denylist_rebuild, ended_families, families
from jwtauth.stores.conflicts import LOCKED_ATTEMPTS, retry_conflicts


def purge(*, batch: int) -> int:
    """Delete every login whose absolute expiry has passed for some minutes.

    Until then its last access token may have to be denied. Safe to run twice at
    once, and to interrupt: each batch is a transaction of its own.

    Args:
        batch: how many rows a transaction deletes at most.

    Returns:
        How many logins were deleted.

    Raises:
        FamiliesBusy: the database kept reporting conflicts.
        RuntimeError: a transaction of the caller is open; it would hold every lock.
    """
    families.refuse_outer_transaction()
    total = 0
    while deleted := _delete_batch(batch):
        total += deleted
    return total


def reconcile(*, batch: int, now: float) -> int:
    """Write the denylist entries of all logins that were ended before their time.

    An entry is lost when the process dies between the commit and Redis, when Redis
    was down then, or when it came back with older data. Shards that were lost as a
    whole are rebuilt, also for services that have no database to do it from; what
    need not block any more is dropped.

    Args:
        batch: how many logins are read, and written, at a time.
        now: Unix seconds.

    Returns:
        How many entries were missing; 0 with ``REVOCATION: "refresh_only"``.

    Raises:
        DenylistDown: Redis does not answer; entries may still be missing.
    """
    if get_settings().revocation is not Revocation.DENYLIST:
        return 0
    at = datetime.fromtimestamp(now, UTC)
    denylist.prune()  # first: a full Redis has room again
    pages = ended_families.pages(size=batch)
    missing = sum(denylist.deny(page, now=at) for page in pages)
    for shard in denylist.incomplete_shards():
        denylist_rebuild.rebuild(shard, now=at)
    return missing


def _delete_batch(batch: int) -> int:
    return retry_conflicts(
        lambda: ended_families.delete_some(batch), attempts=LOCKED_ATTEMPTS
    )
