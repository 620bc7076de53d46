"""The index of a user's sessions: a sorted set of digests by the time of login.

It may list what is dead (it is pruned on use), but it never misses what is alive:
a login is listed before its record names the user, and stays listed until the record
is gone.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import cast

from sessionauth.conf import SessionLimitPolicy
from sessionauth.core.timeouts import TimeoutPolicy
from sessionauth.exceptions import RecordCorrupt, StoreDown
from sessionauth.stores import sessions
from sessionauth.stores.answer_kinds import expected
from sessionauth.stores.connection import (
    Script,
    command,
    commands,
    every_key,
    load_script,
    run,
    run_confirmed,
)
from sessionauth.stores.exchange import KeyedCall
from sessionauth.stores.round_trip import Argument

NAMESPACE = "sa:u:"
_PRUNED_AT_ONCE = 1000
_NO_INDEX = "What lies in the place of a user's index is none"

_ADMIT = load_script("index", "admit", answers=list | None)
_SWAP = load_script("swap", answers=int)
_LISTED = load_script("index", "listed", answers=list)
_RELIST = load_script("index", "relist", answers=int)
_SETTLE = load_script("settle")
_PRUNE = load_script("index", "prune")


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
        The evicted sessions, whose records are to be deleted before ``bury``; None
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
    listed = list(listed_until(user_id, None)[1])
    stored = sessions.stored_among(listed)
    dead = [member for member in listed if member not in stored]
    # Lua takes so many at once. All have to go: who is left counts as alive.
    forget(user_id, dead[_PRUNED_AT_ONCE:])
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
    try:
        now_us, found = cast("list[bytes]", answer)
        flat = cast("list[bytes]", expected(list, found))
        pairs = zip(flat[::2], flat[1::2], strict=True)
        times = {member.decode(): int(float(at_us)) for member, at_us in pairs}
        return int(now_us), times
    except (ValueError, OverflowError):
        raise StoreDown(_NO_INDEX) from None


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


def bury(user_id: str, evicted: Iterable[str], now_us: int) -> None:
    """Settle evictions: the records are gone.

    For a minute the list goes on knowing them, since an ``admit`` that is sent twice
    must not enter what it has entered before and another login has evicted.
    """
    marks = [part for member in evicted for part in (-now_us, member)]
    if marks:
        with suppress(RecordCorrupt):
            command("ZADD", _key(user_id), "XX", *marks)


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """A session of a user, with its time of login."""

    user_id: str
    session_digest: str
    at_us: int


def unlisted(found: Sequence[Login], policy: TimeoutPolicy, now_us: int) -> list[Login]:
    """Return which sessions may be missing, or in an index that ends before them.

    All in one round trip (one per node): most of them are listed as they should be.
    """
    answers = commands([call for login in found for call in _place_of(login)])
    return [
        login
        for login, score, left_ms in zip(
            found, answers[::2], answers[1::2], strict=True
        )
        if not _is_settled(score)
        or cast("int", left_ms) < (login.at_us - now_us) // 1000 + policy.absolute_ms
    ]


def _place_of(login: Login) -> tuple[KeyedCall, KeyedCall]:
    key = _key(login.user_id)
    return ("ZSCORE", key, login.session_digest), ("PTTL", key)


def _is_settled(score: object) -> bool:
    return isinstance(score, float) and score.is_integer()


@dataclass(frozen=True, kw_only=True, slots=True)
class Relisted:
    """An entry that a rebuild has made, until it is settled."""

    login: Login
    score: str
    """A fraction that tells it from every other entry: of logins and of rebuilds."""


def relist(login: Login, policy: TimeoutPolicy) -> Relisted | None:
    """List a session that may be missing, and let the index live as long as it may.

    The session may end at the same time, and a renewal take the entry for a proof that
    it did not. So the entry proves nothing until it is settled, after another look at
    the record: whoever revoked the session before has deleted that, and whoever does
    so later takes the entry away.

    Returns:
        What is to be settled; None if the session is listed as it should be.
    """
    # Earlier than the login, so that no revocation takes it for a later one.
    score = f"{login.at_us - 1 - secrets.randbelow(1000)}.5"
    arguments = (login.session_digest, score, policy.absolute_ms)
    if _run(_RELIST, login.user_id, *arguments) != 1:
        return None
    return Relisted(login=login, score=score)


def settle(entry: Relisted, *, is_alive: bool) -> None:
    """Let an entry of a rebuild count like that of a login, or take it off the list."""
    login = entry.login
    at_us = login.at_us if is_alive else ""
    _run(_SETTLE, login.user_id, login.session_digest, entry.score, at_us)


def all_listed(user_ids: Sequence[str]) -> dict[str, list[str] | None]:
    """Return what is listed of each user, also what was evicted; None for no list."""
    answers = commands([("ZRANGE", _key(user_id), 0, -1) for user_id in user_ids])
    return {
        user_id: None if isinstance(answer, Exception) else _texts(answer)
        for user_id, answer in zip(user_ids, answers, strict=True)
    }


def prune(user_id: str, session_digests: Sequence[str]) -> None:
    """Take sessions without a record off the list, or away what is no list."""
    _run(_PRUNE, user_id, *session_digests)


def every_user() -> Iterator[str]:
    """Yield the users who have an index. For maintenance: it scans the database."""
    return every_key(NAMESPACE)


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
