"""What a request costs, counted inside the server: SQL statements, Redis round trips.

How long it hashed passwords comes with them, from ``timed_hasher``.

On only where ``DEMO_COUNTING=1``, and there only for requests that ask for it, so that
the requests whose time is taken don't pay for the counting.
"""

import functools
import itertools
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from weakref import WeakSet

from django.db import connections
from django.http import HttpRequest, HttpResponse
from redis.connection import AbstractConnection

ASK_HEADER = "X-Count"
SQL_HEADER = "X-Count-SQL"
REDIS_HEADER = "X-Count-Redis"
HASH_HEADER = "X-Count-Hash"
"""In microseconds."""
NUMBER_HEADER = "X-Count-Number"
"""Which request of this process it was: who asks twice knows how many came between."""

# SQLite's are statements like others to Django, PostgreSQL's are not: without them
# the numbers are the same on both.
TRANSACTION_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@dataclass(eq=False, kw_only=True)
class Counts:
    """The counts of one request, and the connections that wait for an answer."""

    sql: int = 0
    redis: int = 0
    hash_seconds: float = 0.0
    waiting: WeakSet[AbstractConnection] = field(default_factory=WeakSet)


_numbers = itertools.count(1)
_current: ContextVar[Counts | None] = ContextVar("counts", default=None)


class CountingMiddleware:
    """Answer a request that asks for it with what it cost."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Hook into redis-py, once per process."""
        self._get_response = get_response
        count_round_trips()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Count around everything that is further in."""
        number = next(_numbers)
        if ASK_HEADER not in request.headers:
            return self._get_response(request)
        counts = Counts()
        token = _current.set(counts)
        try:
            with ExitStack() as stack:
                for connection in connections.all():
                    stack.enter_context(connection.execute_wrapper(_count_sql))
                response = self._get_response(request)
        finally:
            _current.reset(token)
        response[SQL_HEADER] = str(counts.sql)
        response[REDIS_HEADER] = str(counts.redis)
        response[HASH_HEADER] = str(round(counts.hash_seconds * 1_000_000))
        response[NUMBER_HEADER] = str(number)
        return response


def count_hash(seconds: float) -> None:
    """Add what hashing a password took to the current request's counts, if any."""
    if (counts := _current.get()) is not None:
        counts.hash_seconds += seconds


def _count_sql(
    execute: Callable[..., object],
    sql: str,
    params: object,
    many: bool,  # noqa: FBT001 - Django's own signature
    context: object,
) -> object:
    counts = _current.get()
    if counts is not None and not sql.lstrip().upper().startswith(TRANSACTION_CONTROL):
        counts.sql += 1
    return execute(sql, params, many, context)


@functools.cache
def count_round_trips() -> None:
    """Make every connection of redis-py report to the current request's counts.

    A round trip is a sending that is followed by a reading: a pipeline is one,
    however many commands it holds, and so is what opens a connection.
    """
    send: Callable[..., object] = AbstractConnection.send_packed_command
    read: Callable[..., object] = AbstractConnection.read_response

    @functools.wraps(send)
    def counted_send(
        self: AbstractConnection, *args: object, **kwargs: object
    ) -> object:
        if (counts := _current.get()) is not None:
            counts.waiting.add(self)
        return send(self, *args, **kwargs)

    @functools.wraps(read)
    def counted_read(
        self: AbstractConnection, *args: object, **kwargs: object
    ) -> object:
        counts = _current.get()
        if counts is not None and self in counts.waiting:
            counts.waiting.discard(self)
            counts.redis += 1
        return read(self, *args, **kwargs)

    AbstractConnection.send_packed_command = counted_send  # type: ignore[method-assign]
    AbstractConnection.read_response = counted_read  # type: ignore[method-assign]
