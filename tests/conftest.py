"""Fixtures for every test: empty servers before it.

On demand: what is sent to Redis, what signals tell, a server of the test's own, a demo.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeAlias

import pytest
import redis
from django.dispatch import Signal
from hypothesis import HealthCheck, settings
from redis.client import Pipeline
from redis.connection import (
    AbstractConnection,
    Connection,
    UnixDomainSocketConnection,
)

from demo_project.embedded_valkey import EmbeddedValkey
from tests.demo_project.demo_process import READY, DemoProcess

Heard: TypeAlias = Callable[..., list[dict[str, Any]]]

# A busy machine is no fault of an example.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def redis_client() -> Iterator[redis.Redis]:
    """A plain client of this worker's own Redis database."""
    with redis.Redis.from_url(os.environ["TEST_REDIS_URL"]) as client:
        yield client


@pytest.fixture(autouse=True)
def _empty_redis(redis_client: redis.Redis) -> None:
    """Give every test an empty Redis database."""
    redis_client.flushdb()


@pytest.fixture
def valkey() -> Iterator[EmbeddedValkey]:
    """A running server for this test alone, to be stopped, paused and killed."""
    # It looks whether it shall end so many times a second: 10, unless told.
    with EmbeddedValkey(options={"hz": "100"}) as server:
        yield server


@pytest.fixture(scope="session")
def running_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    """A demo for all who only call it: a start takes as long as fifty calls."""
    process = DemoProcess(tmp_path_factory.mktemp("running") / "demo")
    try:
        process.wait_for(READY)
        # The first call of each loads what it needs; a second service that has to wait
        # for that takes the issuer for dead, and asks no more for half a minute.
        for caller in (process.call(), process.call_second()):
            caller.send("GET", "/")
        yield process
    finally:
        process.clean_up()


@pytest.fixture
def round_trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands sent to Redis by anybody in this process, one per round trip."""
    sent: list[str] = []
    execute = redis.Redis.execute_command
    pipeline = Pipeline.execute

    def counted(self: redis.Redis, *args: object, **options: object) -> object:
        sent.append(str(args[0]))
        return execute(self, *args, **options)

    def counted_pipeline(self: Pipeline, *args: object, **options: object) -> object:
        sent.append("PIPELINE")
        return pipeline(self, *args, **options)

    monkeypatch.setattr(redis.Redis, "execute_command", counted)
    monkeypatch.setattr(Pipeline, "execute", counted_pipeline)
    return sent


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes out on the sockets of clients: commands, and "connect".

    Without the two lines in which a new connection names its client.
    """
    sent: list[str] = []
    send = AbstractConnection.send_packed_command

    def counted(
        self: AbstractConnection, command: list[bytes], **options: object
    ) -> None:
        name = b"".join(command).split(b"\r\n")[2].decode()
        if name != "CLIENT":
            sent.append(name)
        send(self, command, **options)

    def count_connects(kind: type[AbstractConnection]) -> None:
        connect = kind._connect

        def counted_connect(self: AbstractConnection) -> object:
            sent.append("connect")
            return connect(self)

        monkeypatch.setattr(kind, "_connect", counted_connect)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", counted)
    count_connects(Connection)
    count_connects(UnixDomainSocketConnection)
    return sent


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Listen to signals for the rest of the test: ``heard(*signals)``.

    Returns the list of what they send from now on, the signal and the sender
    included; ``failure`` is raised to the sender each time.
    """
    with ExitStack() as stack:

        def listen(
            *signals: Signal, failure: Exception | None = None
        ) -> list[dict[str, Any]]:
            told: list[dict[str, Any]] = []

            def receive(**facts: object) -> None:
                told.append(facts)
                if failure is not None:
                    raise failure

            for signal in signals:
                signal.connect(receive, weak=False)
                stack.callback(signal.disconnect, receive)
            return told

        yield listen
