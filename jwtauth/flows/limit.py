"""What ends so that a login may begin: the oldest ones, or the one it replaces."""

from collections.abc import Collection
from typing import Any

from jwtauth.conf import SessionLimitPolicy, get_settings
from jwtauth.exceptions import SessionLimitReached
from jwtauth.flows.announce import announce_after_commit
from jwtauth.models import RevocationReason
from jwtauth.stores import active_families, families, revocations, users


def make_room(
    user_id: Any,  # noqa: ANN401 # the type of the user model's key
    *,
    now: float,
) -> None:
    """Leave room for one more login of a user whose row is locked.

    Args:
        user_id: whose logins.
        now: Unix seconds.

    Raises:
        SessionLimitReached: there is none, and the policy is to deny.
    """
    settings = get_settings()
    if settings.max_sessions_per_user is None:
        return
    users.write_nothing(user_id, using=families.database())
    surplus = active_families.surplus(user_id, settings.max_sessions_per_user)
    if not surplus:
        return
    if settings.session_limit_policy is SessionLimitPolicy.DENY:
        raise SessionLimitReached
    _end(surplus, RevocationReason.LIMIT, now)


def end_replaced(sid: bytes, *, now: float) -> None:
    """End the login in whose place another begins; call it in that transaction."""
    _end([sid], RevocationReason.STEPPED_UP, now)


def _end(sids: Collection[bytes], reason: RevocationReason, now: float) -> None:
    ended, new = revocations.revoke_several(sids, reason=reason)
    # The new login is what was asked for: it does not fail for want of Redis.
    announce_after_commit(ended, new, reason=reason, now=now, must_reach_redis=False)
