"""One call to one server, by the shortest way that redis-py's pools offer.

``execute_command`` keeps books for every call, which takes a quarter of the client's
time for it, and every request that is authenticated makes such a call.
"""

from types import FunctionType
from typing import Any, Protocol, TypeAlias

from redis.exceptions import ResponseError

Argument: TypeAlias = str | bytes | int


class Client(Protocol):
    """A client of one server: redis-py's, whose calls have no types."""

    connection_pool: Any

    def execute_command(self, *call: Argument) -> object:
        """Send a call and return its answer."""


def round_trip(client: Client, *call: Argument) -> object:
    """Send ``call`` and return its answer, as the server gave it.

    Time limits, retries and the care for connections are those of the client: a dead
    connection is replaced, one that failed is closed, and it goes back to its pool.

    Raises:
        RedisError: no answer, or an error for an answer.
    """
    if _is_watched(client):
        return client.execute_command(*call)
    pool = client.connection_pool
    connection = pool.get_connection()

    def send() -> object:
        connection.send_command(*call)
        return connection.read_response()

    try:
        return connection.retry.call_with_retry(
            send, lambda _error: connection.disconnect()
        )
    except ResponseError:
        raise
    except BaseException:
        # The answer may be on its way: the next call would take it for its own.
        connection.disconnect()
        raise
    finally:
        pool.release(connection)


def _is_watched(client: Client) -> bool:
    """Return whether somebody has wrapped ``execute_command`` to see every call.

    Sentry, OpenTelemetry and Datadog do, and are not to lose sight of ours.
    """
    method = type(client).execute_command
    return type(method) is not FunctionType or method.__module__ != "redis.client"
