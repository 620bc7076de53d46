"""The way to Redis: scripts and commands about one key, and the errors of all of them.

Which servers there are is the business of ``servers``; here is what is sent to them,
and what their refusals mean.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from redis.exceptions import (
    NoScriptError,
    OutOfMemoryError,
    RedisClusterException,
    RedisError,
    ResponseError,
)

from sessionauth.conf import get_settings
from sessionauth.exceptions import RecordCorrupt, StoreDown, StoreFull, WriteUnconfirmed
from sessionauth.stores.answer_kinds import NOTHING, OF_COMMANDS, Kind, expected
from sessionauth.stores.exchange import Answers, Call, KeyedCall, exchange
from sessionauth.stores.round_trip import Argument
from sessionauth.stores.servers import Store, store_of

_CODE = re.compile(r"[A-Z]{2,20}")
"""What an error of Redis begins with."""
# Redis Cluster's errors have a tree of their own.
_REFUSALS = (RedisError, RedisClusterException, OSError)
_LUA = Path(__file__).parent / "lua"


@dataclass(frozen=True)
class Script:
    """A Lua script that touches one key, and the digest under which Redis keeps it."""

    source: str
    sha1: str
    answers: Kind


def load_script(*names: str, answers: Kind = NOTHING) -> Script:
    """Return the script that the files ``names`` of ``lua/`` make up, in this order.

    Args:
        names: of the files, without their ending.
        answers: what kind of answer it gives.
    """
    source = "\n".join((_LUA / f"{name}.lua").read_text("utf-8") for name in names)
    sha1 = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
    return Script(source, sha1, answers)


def run(script: Script, key: str, *arguments: Argument) -> object:
    """Run ``script`` on one key and return its answer, in one round trip.

    The client sends a call again when the answer doesn't come in time, although the
    server may have run it, or may run it when it wakes up. So every script of this
    package leaves the same behind when it runs twice, and answers the same: all but
    ``delete``, which can't tell again whose session it was.

    Raises:
        StoreDown: no answer, or one that says "not now".
        RecordCorrupt: the key holds something of another type.
    """
    return _run(script, key, arguments, 0)


def run_confirmed(script: Script, key: str, *arguments: Argument) -> object:
    """Run ``script`` as ``run`` does and wait until its work is on the replicas.

    On as many as ``WAIT_REPLICAS`` says, and for 0 it is the same as ``run``. Where
    the script finds its work done already, as on a second try, that is waited for.

    Raises:
        WriteUnconfirmed: the script ran, but too few replicas have said so in time.
        StoreDown, RecordCorrupt: as ``run``.
    """
    return _run(script, key, arguments, get_settings().wait_replicas)


def command(name: str, key: str, *arguments: Argument) -> object:
    """Send one command about one key and return its answer; raises as ``run`` does."""
    try:
        store = store_of(get_settings().cache)
        named = store.prefix + key
        (answer,) = store.servers.send(named, (name, named, *arguments))
    except _REFUSALS as error:
        # `from None`: tracebacks would show the text that the new error leaves out.
        raise _translated(error) from None
    return expected(OF_COMMANDS.get(name, object), answer)


def commands(calls: Sequence[KeyedCall]) -> Answers:
    """Send many commands, each about one key, in one round trip (one per node).

    Args:
        calls: name, key and arguments of each. They only read: the client may send
            them all again.

    Returns:
        The answers in their order; an error of ours, not raised, where a key holds
        something of another type.

    Raises:
        StoreDown: no answer to one of them.
    """
    if not calls:
        return []
    try:
        store = store_of(get_settings().cache)
        named = [(call[0], store.prefix + call[1], *call[2:]) for call in calls]
        answers = store.servers.send_each(named)
    except _REFUSALS as error:
        raise _translated(error) from None
    return [
        _answered(call[0], answer) for call, answer in zip(calls, answers, strict=True)
    ]


def _answered(name: str, answer: object) -> object:
    if not isinstance(answer, Exception):
        return expected(OF_COMMANDS[name], answer)
    fault = _translated(answer)
    if isinstance(fault, StoreDown):
        raise fault from None
    return fault


def every_key(namespace: str) -> Iterator[str]:
    """Yield what follows ``namespace`` in every key of ours, some perhaps twice.

    It scans every server of the store: for maintenance, never for a request. A key that
    is there from the start to the end is not missed.
    """
    store = store_of(get_settings().cache)
    start = (store.prefix + namespace).encode()
    try:
        for key in _scanned(store, namespace):
            yield key[len(start) :].decode(errors="replace")
    except _REFUSALS as error:
        raise _translated(error) from None


def _scanned(store: Store, namespace: str) -> Iterator[bytes]:
    pattern = _glob_escaped(store.prefix + namespace) + "*"
    for server in store.servers.primaries():
        yield from server.scan_iter(match=pattern, count=1000)


def delete_all(namespace: str) -> int:
    """Delete every key of ours that begins with ``namespace``; return how many.

    It scans every server of the store: for maintenance, never for a request.

    Raises:
        WriteUnconfirmed: all are deleted, but fewer than ``WAIT_REPLICAS`` replicas
            have said so in time.
        StoreDown: some may be left.
    """
    try:
        return _delete_all(store_of(get_settings().cache), namespace)
    except _REFUSALS as error:
        raise _translated(error) from None


def _delete_all(store: Store, namespace: str) -> int:
    deleted = 0
    for key in _scanned(store, namespace):
        deleted += bool(store.servers.send(key, ("DEL", key))[0])
    if replicas := get_settings().wait_replicas:
        for server in store.servers.primaries():
            # Whatever this connection does, WAIT counts all that came before it.
            answers = exchange(server, ("PING",), _wait(store, replicas))
            _require(answers[1], replicas, deleted)
    return deleted


def server_facts() -> list[Mapping[str, object]]:
    """Return what each primary says of itself (INFO); for checks.

    Raises:
        StoreDown: no answer, or the client may not ask.
    """
    try:
        servers = store_of(get_settings().cache).servers.primaries()
        answers = [server.execute_command("INFO") for server in servers]
    except _REFUSALS as error:
        raise _translated(error) from None
    return cast("list[Mapping[str, object]]", answers)


def _run(
    script: Script, key: str, arguments: tuple[Argument, ...], replicas: int
) -> object:
    try:
        store = store_of(get_settings().cache)
        # WAIT counts what its own connection wrote.
        wait = [_wait(store, replicas)] if replicas else []
        answers = _send(store, script, store.prefix + key, arguments, wait)
    except _REFUSALS as error:
        raise _translated(error) from None
    answer = expected(script.answers, answers[0])
    if replicas:
        _require(answers[1], replicas, answer)
    return answer


def _send(
    store: Store,
    script: Script,
    named: str,
    arguments: tuple[Argument, ...],
    then: list[Call],
) -> Answers:
    try:
        call = ("EVALSHA", script.sha1, 1, named, *arguments)
        return store.servers.send(named, call, *then)
    except NoScriptError:
        # The server forgot it (restart, failover, SCRIPT FLUSH); this teaches it.
        call = ("EVAL", script.source, 1, named, *arguments)
        return store.servers.send(named, call, *then)


def _wait(store: Store, replicas: int) -> Call:
    return ("WAIT", replicas, store.wait_ms)


def _require(confirmed: object, replicas: int, answer: object) -> None:
    if cast("int", expected(int, confirmed)) < replicas:
        raise WriteUnconfirmed(f"{confirmed} of {replicas} replicas", answer)


def _translated(error: Exception) -> StoreDown | RecordCorrupt:
    """Return our error. What Redis refuses is never a reason to log anybody out."""
    if isinstance(error, ResponseError) and str(error).startswith("WRONGTYPE"):
        return RecordCorrupt("WRONGTYPE")
    kind = StoreFull if isinstance(error, OutOfMemoryError) else StoreDown
    return kind(_named(error))


def _named(error: Exception) -> str:
    """Return the error's class, and the code of an answer that has one.

    Not its text: Redis quotes the arguments of a command that it doesn't know, and
    these may be a password or a session's data.
    """
    code, _, _ = str(error).partition(" ")
    is_answer = isinstance(error, ResponseError) and _CODE.fullmatch(code)
    return f"{type(error).__name__} {code}" if is_answer else type(error).__name__


def _glob_escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "*?[]\\^" else char for char in text)
