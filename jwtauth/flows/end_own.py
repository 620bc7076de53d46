"""A user ends one of their own logins, by its handle."""

from typing import Any

from jwtauth.core.refresh_token import sid_bytes
from jwtauth.exceptions import TokenMalformed
from jwtauth.flows.revoke import revoke_family
from jwtauth.models import RevocationReason
from jwtauth.stores import families


def end_own(
    user_id: Any,  # noqa: ANN401 # the type of the user model's key
    handle: str,
    *,
    now: float,
) -> bool:
    """End a login if it is the user's.

    Safe to repeat: what has ended before is told to the denylist again.

    Args:
        user_id: whose logins.
        handle: as it came.
        now: Unix seconds.

    Returns:
        Whether it was this call that ended it. Not so where the login has ended
        before, is another user's or never was: nothing tells one from the other.

    Raises:
        DenylistDown: see ``revoke_family``.
    """
    try:
        sid = sid_bytes(handle)
    except TokenMalformed:
        return False
    if families.owner_of(sid) != str(user_id):
        return False
    ended: list[str] = []
    revoke_family(
        sid,
        reason=RevocationReason.LOGOUT,
        now=now,
        on_ended=lambda: ended.append(handle),
    )
    return bool(ended)
