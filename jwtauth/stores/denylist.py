"""The denylist: which families' access tokens stopped to count.

A shard that Redis has lost proves nothing; it is filled from the database before it is
asked. A service without a database waits for one that has it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from jwtauth.conf import UserLoading, get_settings
from jwtauth.core.ended_family import EndedFamily
from jwtauth.exceptions import DenylistDown
from jwtauth.stores import denylist_shards
from jwtauth.stores.connection import translated_errors


def is_denied(sid: str, *, now: float) -> bool:
    """Whether the family of an access token has ended; one round trip.

    Args:
        sid: the claim of a verified token.
        now: Unix seconds.

    Raises:
        TokenMalformed: ``sid`` is no family id of ours.
        DenylistDown: Redis does not answer, or the shard can't be rebuilt now.
    """
    with translated_errors():
        is_complete, is_entered = denylist_shards.find(sid)
        if not is_complete:
            _rebuild_shard_of(sid, datetime.fromtimestamp(now, UTC))
            is_complete, is_entered = denylist_shards.find(sid)
    if not is_complete:
        raise DenylistDown("Redis lost its data as soon as it was filled")
    return is_entered


def deny(ended: Iterable[EndedFamily], *, now: datetime) -> int:
    """Write an entry for each family, to live as long as it must block.

    Returns:
        How many entries were not there.

    Raises:
        DenylistDown: Redis does not answer; some entries may be missing.
    """
    with translated_errors():
        return denylist_shards.write(ended, now)


def prune() -> None:
    """Drop the entries that need not block any more from every shard.

    Raises:
        DenylistDown: Redis does not answer.
    """
    with translated_errors():
        denylist_shards.prune()


def incomplete_shards() -> list[int]:
    """Return the shards that must be rebuilt before they can be believed.

    Raises:
        DenylistDown: Redis does not answer.
    """
    with translated_errors():
        return denylist_shards.incomplete()


def _rebuild_shard_of(sid: str, now: datetime) -> None:
    if get_settings().user is UserLoading.CLAIMS:
        raise DenylistDown("Redis lost its data, and no database is here to fill it")
    from jwtauth.stores import denylist_rebuild  # noqa: PLC0415 # it loads models

    denylist_rebuild.rebuild(denylist_shards.shard_of(sid), now=now)
