"""What ends so that a login may begin: the oldest ones, or those it replaces."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from jwtauth.conf import SessionLimitPolicy, get_settings
from jwtauth.core.refresh_token import sid_text
from jwtauth.exceptions import LoginOvertaken, SessionLimitReached
from jwtauth.flows.announce import announce_after_commit, unrecorded
from jwtauth.models import RevocationReason
from jwtauth.stores import active_families, families, revocations, users


@dataclass(frozen=True, kw_only=True)
class Place:
    """What may end so that a login may begin."""

    replaces: Collection[bytes] = ()
    """The ids of logins, anybody's, that end in any case and take no room."""
    reason: RevocationReason = RevocationReason.LOGOUT
    """Why those end."""
    goes_on: bool = False
    """Whether the login is not to begin if all of those have ended meanwhile."""
    end_oldest: bool = False
    """At the limit the user wants the oldest login to end, whatever the policy is."""


BY_POLICY = Place()
"""Nothing but what ``SESSION_LIMIT_POLICY`` says."""


def take_place(
    user_id: Any,  # noqa: ANN401 # the type of the user model's key
    place: Place,
    *,
    now: float,
) -> None:
    """End what has to end for one more login of a user whose row is locked.

    Args:
        user_id: who logs in.
        place: what may end.
        now: Unix seconds.

    Raises:
        LoginOvertaken: what the login was to go on with has ended meanwhile.
        SessionLimitReached: there is no room, and the policy is to deny.
    """
    if place.replaces and not _end(place.replaces, place.reason, now) and place.goes_on:
        # A logout, or another step-up of the same login, came first.
        raise LoginOvertaken("the login has ended meanwhile")
    settings = get_settings()
    if settings.max_sessions_per_user is None:
        return
    users.write_nothing(user_id, using=families.database())
    surplus = active_families.surplus(user_id, settings.max_sessions_per_user)
    if not surplus:
        return
    is_denied = settings.session_limit_policy is SessionLimitPolicy.DENY
    if is_denied and not place.end_oldest:
        raise SessionLimitReached
    _end(surplus, RevocationReason.LIMIT, now)


def _end(sids: Collection[bytes], reason: RevocationReason, now: float) -> int:
    """End them, and return how many had not ended before."""
    ended, new = revocations.revoke_several(sids, reason=reason)
    known = {family.sid for family in ended}
    ended += [unrecorded(sid, now) for sid in sids if sid_text(sid) not in known]
    # The new login is what was asked for: it does not fail for want of Redis.
    announce_after_commit(ended, new, reason=reason, now=now, must_reach_redis=False)
    return len(new)
