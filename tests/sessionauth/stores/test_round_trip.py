"""The shortest way to the server keeps what the longer one promises."""

import socket
from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth.stores.round_trip import round_trip


@pytest.fixture
def client(valkey: EmbeddedValkey) -> Iterator[redis.Redis]:
    with redis.from_url(
        valkey.url,
        socket_timeout=2,
        protocol=2,
        retry=Retry(NoBackoff(), 1),
        # A connection that is not given back leaves none for the next call.
        max_connections=1,
    ) as client:
        yield client
        valkey.resume()


class TestAnswers:
    def test_answer_is_the_servers(self, client: redis.Redis) -> None:
        """Nothing turns it into something friendlier on the way."""
        round_trip(client, "HSET", "k", "f", b"\x00\xff")

        assert round_trip(client, "HGETALL", "k") == [b"f", b"\x00\xff"]

    def test_error_is_raised_and_the_connection_serves_on(
        self, client: redis.Redis
    ) -> None:
        """An unknown script is no fault of the connection."""
        with pytest.raises(redis.exceptions.NoScriptError):
            round_trip(client, "EVALSHA", "0" * 40, 0)

        assert round_trip(client, "ECHO", "still here") == b"still here"

    def test_calls_do_not_go_through_what_keeps_books(
        self, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """That is all the reason there is for this way."""
        monkeypatch.setattr(client, "_execute_command", None)

        assert round_trip(client, "ECHO", "x") == b"x"

    def test_wrapped_client_sees_every_call(
        self, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Tracing that shows the cache but not the sessions would mislead."""
        seen = []
        execute = redis.Redis.execute_command

        def traced(self: redis.Redis, *call: object) -> object:
            seen.append(call)
            return execute(self, *call)

        monkeypatch.setattr(redis.Redis, "execute_command", traced)

        round_trip(client, "ECHO", "x")

        assert seen == [("ECHO", "x")]


class TestFaults:
    def test_connection_closed_by_the_server_is_replaced(
        self, client: redis.Redis, valkey: EmbeddedValkey
    ) -> None:
        """A restart of the server costs nobody an answer."""
        round_trip(client, "ECHO", "before")
        valkey.kill()
        valkey.start()

        assert round_trip(client, "ECHO", "after") == b"after"

    def test_connection_that_dies_in_a_call_is_tried_again_once(
        self, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Once is what the retry says; scripts bear being sent twice."""
        attempts = []
        send = redis.connection.UnixDomainSocketConnection.send_command

        def dying(connection: redis.Connection, *call: object, **how: object) -> None:
            if call[0] == "ECHO":
                attempts.append(call)
                if len(attempts) == 1:
                    connection._sock.shutdown(socket.SHUT_RDWR)
            send(connection, *call, **how)

        monkeypatch.setattr(
            redis.connection.UnixDomainSocketConnection, "send_command", dying
        )

        assert round_trip(client, "ECHO", "x") == b"x"
        assert len(attempts) == 2

    def test_late_answer_is_never_taken_for_the_next_one(
        self, client: redis.Redis, valkey: EmbeddedValkey
    ) -> None:
        """It would be another user's session."""
        round_trip(client, "ECHO", "alice")
        valkey.pause()
        with pytest.raises(redis.exceptions.TimeoutError):
            round_trip(client, "ECHO", "alice")
        valkey.resume()

        assert round_trip(client, "ECHO", "bob") == b"bob"

    def test_interrupted_call_leaves_no_answer_behind(
        self, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A worker's time limit may strike between a question and its answer."""
        connection = redis.connection.UnixDomainSocketConnection
        round_trip(client, "ECHO", "before")
        with monkeypatch.context() as struck:
            struck.setattr(connection, "read_response", _interrupt)
            with pytest.raises(_Interrupted):
                round_trip(client, "ECHO", "alice")
        # The answer is on its way and can't be seen yet when the next call begins.
        monkeypatch.setattr(connection, "can_read", lambda *_: False)

        assert round_trip(client, "ECHO", "bob") == b"bob"


class _Interrupted(BaseException):
    pass


def _interrupt(*_: object, **__: object) -> object:
    raise _Interrupted
