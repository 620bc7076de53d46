"""The index of a user's sessions: a sorted set of digests by the time of login.

It may list what is dead (it is pruned on use), but it never misses what is alive:
a login is listed before its record names the user, and stays listed until the record
is gone.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import cast

from sessionauth.conf import SessionLimitPolicy
from sessionauth.core.timeouts import TimeoutPolicy
from sessionauth.exceptions import RecordCorrupt, StoreDown
from sessionauth.stores import sessions
from sessionauth.stores.connection import (
    Script,
    command,
    commands,
    delete_all,
    load_script,
    run,
    run_confirmed,
)
from sessionauth.stores.round_trip import Argument

NAMESPACE = "sa:u:"
_PRUNED_AT_ONCE = 1000
_NO_INDEX = "What lies in the place of a user's index is none"

_ADMIT = load_script("index", "admit")
_SWAP = load_script("swap")
_LISTED = load_script("index", "listed")


def admit(
    user_id: str,
    session_digest: str,
    replaced: str | None,
    limit: tuple[int | None, SessionLimitPolicy],
    policy: TimeoutPolicy,
) -> list[str] | None:
    """List a login, by now; exact however many log in at once.

    Args:
        user_id: whose index.
        session_digest: the new session.
        replaced: the session of the same browser that this one takes the place of.
        limit: how many may be alive at once, and what happens at the limit.
        policy: how long a session may live, and so the index.

    Returns:
        The evicted sessions, whose records are to be deleted before ``forget``; None
        if the limit refuses the login.

    Raises:
        WriteUnconfirmed: it is listed, but too few replicas have it.
    """
    most, at_limit = limit

    def attempt(how: str, dead: Iterable[str] = ()) -> list[str] | None:
        fixed = (session_digest, replaced or "", most or 0, how, policy.absolute_ms)
        return _texts(_run_confirmed(_ADMIT, user_id, *fixed, *dead))

    evicted = attempt("ask")
    if evicted is not None:
        return evicted
    # Full, it seems: find out who died of idleness before anybody has to go.
    listed = listed_until(user_id, None)[1]
    dead = [member for member in listed if not sessions.is_stored(member)]
    return attempt(at_limit.value, dead[:_PRUNED_AT_ONCE])


def swap(user_id: str, session_digest: str, new_digest: str) -> bool:
    """List a renewed id in the place of the old one; False if that was revoked."""
    return _run_confirmed(_SWAP, user_id, session_digest, new_digest) == 1


def listed_until(user_id: str, until_us: int | None) -> tuple[int, dict[str, int]]:
    """Return the server's time in µs and the listed sessions with their login times.

    Args:
        user_id: whose index.
        until_us: leave out who logged in later; None for nobody.

    Returns:
        Login time 0 is that of a session that was evicted.
    """
    answer = _run(_LISTED, user_id, "" if until_us is None else until_us)
    now_us, flat = cast("tuple[bytes, list[bytes]]", answer)
    try:
        times = {m.decode(): int(t) for m, t in zip(flat[::2], flat[1::2], strict=True)}
    except (ValueError, OverflowError):
        raise StoreDown(_NO_INDEX) from None
    return int(now_us), times


def listed_of(user_ids: Sequence[str]) -> tuple[int, dict[str, list[str]]]:
    """Return the server's time in ms and what is listed of each user, dead or alive.

    Two round trips (the second one per node), for one user one.
    """
    if not user_ids:
        return 0, {}
    first, *others = user_ids
    now_us, times = listed_until(first, None)
    listed = {first: [member for member, time_us in times.items() if time_us]}
    calls = [("ZRANGEBYSCORE", _key(user_id), "(0", "+inf") for user_id in others]
    for user_id, answer in zip(others, commands(calls), strict=True):
        listed[user_id] = [] if isinstance(answer, Exception) else _texts(answer) or []
    return now_us // 1000, listed


def forget(user_id: str, session_digests: Iterable[str]) -> None:
    """Take sessions off the list, whose records are gone."""
    if members := tuple(session_digests):
        # Where the list is none, nothing is on it.
        with suppress(RecordCorrupt):
            command("ZREM", _key(user_id), *members)


def delete_every_index() -> None:
    """Delete all indexes. For maintenance: it scans the database."""
    delete_all(NAMESPACE)


def _run(script: Script, user_id: str, *arguments: Argument) -> object:
    """Run a script on a user's index.

    Raises:
        StoreDown: no answer, or there is something else in its place. Which sessions
            the user has is not known then, so nobody may log in unlisted, and nobody is
            told that all of them were ended.
    """
    with _index_or_nothing():
        return run(script, _key(user_id), *arguments)


def _run_confirmed(script: Script, user_id: str, *arguments: Argument) -> object:
    """Run a script on a user's index and wait for the replicas; raises as ``_run``."""
    with _index_or_nothing():
        return run_confirmed(script, _key(user_id), *arguments)


@contextmanager
def _index_or_nothing() -> Iterator[None]:
    try:
        yield
    except RecordCorrupt:
        raise StoreDown(_NO_INDEX) from None


def _key(user_id: str) -> str:
    return NAMESPACE + user_id


def _texts(answer: object) -> list[str] | None:
    if answer is None:
        return None
    return [member.decode() for member in cast("list[bytes]", answer)]
