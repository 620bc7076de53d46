"""Sentinel: always the primary, and never for long with a sentinel that is silent."""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import redis
from pytest_django import Settings

from demo_project.ports import HOST
from sessionauth.core.timeouts import TimeoutPolicy
from sessionauth.exceptions import StoreDown
from sessionauth.stores import servers, sessions
from tests.harness.redis_programs import require_any_server
from tests.harness.sentinel_setup import SERVICE, SentinelSetup, sentinel_setup

POLICY = TimeoutPolicy(idle_ms=1_800_000, absolute_ms=86_400_000, user_check_ms=60_000)

pytestmark = pytest.mark.serial


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SentinelSetup]:
    program = require_any_server("redis", "valkey")
    with sentinel_setup(program, tmp_path_factory.mktemp("sentinel")) as setup:
        yield setup


@pytest.fixture
def use(settings: Settings, setup: SentinelSetup) -> Callable[..., None]:
    """Put the sessions on it, with another address or other options."""

    def use(
        location: str | list[str] = f"redis://{SERVICE}/0", **options: object
    ) -> None:
        patient = {"SOCKET_TIMEOUT": 30, "SOCKET_CONNECT_TIMEOUT": 30}
        options = {**setup.cache["OPTIONS"], **patient, **options}
        cache = {**setup.cache, "LOCATION": location, "OPTIONS": options}
        settings.CACHES = {"default": cache}

    use()
    return use


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes connections and says nothing."""
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen(64)
        server.settimeout(0)
        yield server


def accepted_by(server: socket.socket) -> int:
    """How many connections came."""
    count = 0
    with suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            count += 1
    return count


class TestPrimary:
    def test_address_that_names_replicas_leads_to_the_primary(
        self, use: Callable[..., None]
    ) -> None:
        """django-redis lets a URL choose replicas, which know revoked sessions."""
        use(f"redis://{SERVICE}/0?is_master=0")

        assert sessions.create("address", POLICY)

    def test_second_address_is_left_alone(self, use: Callable[..., None]) -> None:
        """It is what django-redis reads from."""
        use([f"redis://{SERVICE}/0", f"redis://{SERVICE}/0?is_master=0"])

        for n in range(5):
            assert sessions.create(f"second{n}", POLICY)

    def test_replica_is_never_asked(
        self, use: Callable[..., None], setup: SentinelSetup
    ) -> None:
        """It lags behind: a revoked session would be alive there."""
        for n in range(20):
            sessions.create(f"never{n}", POLICY)
            sessions.load(f"never{n}", POLICY)

        for server in setup.replicas():
            with redis.Redis.from_url(server.url) as replica:
                assert "cmdstat_evalsha" not in replica.info("commandstats")


class TestOutage:
    @pytest.mark.requirement("OPS-02")
    def test_unknown_primary_is_an_outage(self, use: Callable[..., None]) -> None:
        """While the sentinels vote there is none."""
        use("redis://nobody/0")

        with pytest.raises(StoreDown):
            sessions.load("d", POLICY)

    @pytest.mark.requirement("OPS-02")
    def test_silent_sentinel_costs_one_time_limit(
        self, use: Callable[..., None], setup: SentinelSetup, silent: socket.socket
    ) -> None:
        """redis-py by itself tries ten times, for five seconds each."""
        sentinels = [silent.getsockname(), *setup.sentinels]
        use(SENTINELS=sentinels, SOCKET_TIMEOUT=0.5)

        assert sessions.load("d", POLICY) is None

        assert accepted_by(silent) == 1

    def test_options_for_sentinels_are_kept(
        self, use: Callable[..., None], setup: SentinelSetup
    ) -> None:
        """Sentinels may want a password of their own."""
        use(SENTINEL_KWARGS={"socket_timeout": 7})

        found = servers.store_of("default").servers

        assert isinstance(found, servers.OneServer)
        pool = found.client.connection_pool
        sentinel = pool.sentinel_manager.sentinels[0]  # type: ignore[attr-defined]
        options = sentinel.connection_pool.connection_kwargs
        assert options["socket_timeout"] == 7
        assert options["retry"].get_retries() == 0
