"""Logins have ended: the denylist, the log and whoever listens are told."""

import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from jwtauth.conf import Revocation, get_settings
from jwtauth.core.ended_family import EndedFamily
from jwtauth.core.refresh_token import sid_text
from jwtauth.exceptions import DenylistDown
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.signals import family_revoked, report
from jwtauth.stores import denylist, families
from jwtauth.stores.after_commit import after_commit

logger = logging.getLogger("jwtauth.security")


def announce_after_commit(
    ended: Collection[EndedFamily],
    new: Collection[str],
    *,
    reason: RevocationReason,
    now: float,
    on_ended: Callable[[], None] | None = None,
    must_reach_redis: bool = True,
) -> None:
    """Tell denylist, log and receivers once nothing can be undone any more.

    The denylist first: a receiver that sends mail must not give a thief the time.
    Entries are written for families that had ended before, too: a call that is
    repeated because Redis was down makes up for what is missing.

    Args:
        ended: what the denylist must hold.
        new: the ids of those that ended just now.
        reason: why.
        now: Unix seconds.
        on_ended: called if there is one in ``new``.
        must_reach_redis: whether a denylist that is down is an error. It is logged
            in any case, and only logged within a transaction of the caller or for
            callers whose own work is done; ``jwtauth_purge`` writes the entries that
            are missing.
    """

    def tell() -> None:
        try:
            _deny(ended, now, must_reach_redis=must_reach_redis)
        finally:
            # What has ended has ended, also where Redis could not be told.
            announce(ended, new, reason)
            if new and on_ended is not None:
                on_ended()

    after_commit(tell, using=families.database())


def _deny(
    ended: Collection[EndedFamily], now: float, *, must_reach_redis: bool
) -> None:
    if get_settings().revocation is not Revocation.DENYLIST:
        return
    try:
        denylist.deny(ended, now=datetime.fromtimestamp(now, UTC))
    except DenylistDown:
        sids = [family.sid for family in ended]
        extra = {"event": "denylist_incomplete", "sids": sids}
        logger.exception("denylist down, entries missing", extra=extra)
        if must_reach_redis:
            raise


def announce(
    ended: Collection[EndedFamily], new: Collection[str], reason: RevocationReason
) -> None:
    """Tell log and receivers of the families in ``new``, each once.

    Args:
        ended: what is known of them, and of others.
        new: the ids of those that have just ended.
        reason: why.
    """
    for family in ended:
        if family.sid in new:
            report(
                family_revoked,
                TokenFamily,
                sid=family.sid,
                user_id=family.user_id,
                reason=reason,
            )


def unrecorded(sid: bytes, now: float) -> EndedFamily:
    """Stand in for a family whose row is gone, as after a restored backup.

    A genuine token named it, so access tokens of it may be about.
    """
    lifetime = get_settings().policy.access_token_lifetime
    ends = datetime.fromtimestamp(now, UTC) + lifetime
    return EndedFamily(
        sid=sid_text(sid), user_id="", access_until=ends, absolute_expires_at=ends
    )
