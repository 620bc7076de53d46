"""The records: one Redis hash per session, under the digest of its id.

Every function is one atomic step on one key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from sessionauth.core.record import RENEWED_TO, USER_FIELD, Fields
from sessionauth.core.timeouts import TimeoutPolicy
from sessionauth.exceptions import RecordCorrupt, StoreDown
from sessionauth.stores.answer_kinds import expected
from sessionauth.stores.connection import (
    command,
    commands,
    delete_all,
    every_key,
    load_script,
    run,
    run_confirmed,
)

NAMESPACE = "sa:s:"
# How long a renewed id is remembered, so that a call sent twice finds its own trace.
RENEWED_KEPT_MS = 60_000
# A use is noted in the record at most this often: a write per request would be in the
# replication stream, in the append-only file and in no list that anybody reads.
LAST_SEEN_EVERY_MS = 60_000

_LOAD = load_script("record", "load", answers=list)
_CREATE = load_script("record", "create", answers=int | None)
_SAVE = load_script("record", "save", answers=int)
_RENEW = load_script("renew", answers=list | None)
_DELETE = load_script("delete", answers=bytes | None)


def load(
    session_digest: str, policy: TimeoutPolicy, *, touch: bool = True
) -> tuple[Fields, int] | None:
    """Return the record's fields and the server's time in ms.

    Args:
        session_digest: which one.
        policy: how long it lives on from now.
        touch: whether this is a use of the session. If not, it ends when it would have.

    Returns:
        None if there is no such record. One that was renewed comes back as it is, with
        the field ``RENEWED_TO``: it is no session any more.
    """
    note_every = LAST_SEEN_EVERY_MS if touch else ""
    answer = run(
        _LOAD, _key(session_digest), policy.idle_ms, policy.absolute_ms, note_every
    )
    flat = cast("list[bytes]", answer)
    if not flat:
        return None
    now_ms = cast("int", expected(int, flat.pop()))
    return _fields(flat), now_ms


def create(session_digest: str, policy: TimeoutPolicy) -> int | None:
    """Create a bare record; return the server's time in ms, None if the id is taken.

    Raises:
        WriteUnconfirmed: it is there, but too few replicas have it.
    """
    answer = run_confirmed(
        _CREATE, _key(session_digest), policy.idle_ms, policy.absolute_ms
    )
    return cast("int | None", answer)


def save(
    session_digest: str,
    changed: Fields,
    gone: tuple[bytes, ...],
    policy: TimeoutPolicy,
    *,
    touch: bool = True,
    confirmed: bool = False,
) -> bool:
    """Set and remove fields, only if the record is alive; return whether it was.

    Args:
        session_digest: which one.
        changed: the fields to set.
        gone: the names of those to remove.
        policy: how long it lives on from now.
        touch: whether this is a use of the session. If not, it ends when it would have.
        confirmed: whether to wait for ``WAIT_REPLICAS``.

    Raises:
        WriteUnconfirmed: ``confirmed``, and too few replicas have it.
    """
    pairs = [part for pair in changed.items() for part in pair]
    answer = (run_confirmed if confirmed else run)(
        _SAVE,
        _key(session_digest),
        policy.idle_ms if touch else "",
        policy.absolute_ms,
        len(changed),
        *pairs,
        *gone,
    )
    return answer == 1


def renew(session_digest: str, new_digest: str) -> Fields | None:
    """Hand the fields over to a new id, once; None if there is nothing to hand over.

    Raises:
        WriteUnconfirmed: too few replicas know that the old id is dead.
    """
    answer = run_confirmed(_RENEW, _key(session_digest), new_digest, RENEWED_KEPT_MS)
    if answer is None:
        return None
    fields = _fields(cast("list[bytes]", answer))
    fields.pop(RENEWED_TO, None)
    return fields


def delete(session_digest: str) -> bytes | None:
    """Delete the record; return its stored user id. One that was renewed stays.

    Raises:
        WriteUnconfirmed: too few replicas know; ``answer`` is the stored user id.
    """
    return cast("bytes | None", run_confirmed(_DELETE, _key(session_digest)))


def discard(session_digest: str) -> None:
    """Delete whatever lies under an id that counts for nothing; wait for no replica."""
    command("DEL", _key(session_digest))


@dataclass(frozen=True, kw_only=True, slots=True)
class Renewed:
    """What is left under an id that was renewed."""

    user_id: bytes | None
    """As it is stored."""
    new_digest: str


def renewed(session_digest: str) -> Renewed | None:
    """Return whose session it was and where it went; None if it was not renewed."""
    answer = command("HMGET", _key(session_digest), USER_FIELD, RENEWED_TO)
    user_id, new_digest = cast("list[bytes | None]", answer)
    if new_digest is None:
        return None
    return Renewed(user_id=user_id, new_digest=new_digest.decode("utf-8", "replace"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Peeked:
    """A record that was looked at without using it."""

    fields: Fields
    left_ms: int
    """How long it lives on if nobody uses it."""


def peek(session_digests: Sequence[str]) -> list[Peeked | None]:
    """Look at records without using them, all in one round trip (one per node).

    Returns:
        One entry per digest, in their order: None where there is no record of ours,
        and for one that was renewed.
    """
    keys = [_key(session_digest) for session_digest in session_digests]
    answers = commands([call for key in keys for call in _looks_at(key)])
    return [_peeked(*pair) for pair in zip(answers[::2], answers[1::2], strict=True)]


def _looks_at(key: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("HGETALL", key), ("PTTL", key)


def _peeked(answer: object, left_ms: object) -> Peeked | None:
    fields = cast("Fields", answer) if isinstance(answer, dict) else {}
    if not fields or RENEWED_TO in fields:
        return None
    return Peeked(fields=fields, left_ms=cast("int", left_ms))


def is_alive(session_digest: str) -> bool:
    """Return whether there is such a session, without noting a use of it."""
    try:
        answer = command("HMGET", _key(session_digest), "c", RENEWED_TO)
    except RecordCorrupt:
        return False
    created, renewed_to = cast("list[bytes | None]", answer)
    return created is not None and renewed_to is None


def stored_among(session_digests: Sequence[str]) -> set[str]:
    """Return the sessions of which anything is left, be it only what was renewed.

    One round trip (one per node).
    """
    calls = [("EXISTS", _key(session_digest)) for session_digest in session_digests]
    answers = zip(session_digests, commands(calls), strict=True)
    return {session_digest for session_digest, answer in answers if answer == 1}


def every_session() -> Iterator[str]:
    """Yield the digest of each session. For maintenance: it scans the database."""
    return every_key(NAMESPACE)


def delete_every_session() -> int:
    """Delete all records; return how many. For maintenance: it scans the database."""
    return delete_all(NAMESPACE)


def _fields(flat: Sequence[bytes]) -> Fields:
    names_and_values = iter(flat)
    try:
        return dict(zip(names_and_values, names_and_values, strict=True))
    except ValueError:
        raise StoreDown("The answer ends with half a field.") from None


def _key(session_digest: str) -> str:
    return NAMESPACE + session_digest
