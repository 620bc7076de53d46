"""Set-ups of many servers: there when they are needed, and gone with the run."""

import os
from pathlib import Path

import pytest
import redis

from tests.harness import redis_programs
from tests.harness.cluster_setup import cluster_setup
from tests.harness.redis_programs import require_any_server, require_server
from tests.harness.replicated import replicated
from tests.harness.sentinel_setup import sentinel_setup


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.serial
class TestSetups:
    def test_sentinel_names_a_primary_and_leaves_nothing(self, tmp_path: Path) -> None:
        """A server that outlives its test takes ports and memory from the next."""
        with sentinel_setup(require_any_server("redis", "valkey"), tmp_path) as setup:
            pids = [server.pid for server in setup.servers.values()]
            with setup.client() as client:
                assert client.role()[0] == b"master"
            assert len(setup.replicas()) == 2

        assert not any(map(is_running, pids))

    def test_cluster_serves_every_slot_and_leaves_nothing(self, tmp_path: Path) -> None:
        """A key may lie anywhere."""
        with cluster_setup(require_any_server("valkey", "redis"), tmp_path) as setup:
            pids = [node.pid for node in setup.nodes.values()]
            with setup.client() as client:
                for n in range(50):
                    client.set(f"k{n}", n)
                assert len(set(client.scan_iter())) == 50
            assert setup.replica_of(setup.port_of("k")).pid in pids

        assert not any(map(is_running, pids))

    def test_replica_has_what_the_primary_was_told(self) -> None:
        """``WAIT`` counts it."""
        with (
            replicated() as servers,
            redis.Redis.from_url(servers.primary.url) as client,
        ):
            client.set("k", "v")
            assert client.wait(1, 60_000) == 1


class TestPrograms:
    def test_missing_server_is_a_skip_that_says_how_to_get_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A gap that nobody can see is one that stays."""
        monkeypatch.delenv("CI", raising=False)
        monkeypatch.setattr(redis_programs, "_candidates", lambda _kind: [])

        with pytest.raises(pytest.skip.Exception, match=r"missing program: .*install"):
            require_server("redis")

    def test_missing_server_fails_under_ci(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """There it is a fault of the machine, not of the one who runs the tests."""
        monkeypatch.setenv("CI", "true")
        monkeypatch.setattr(redis_programs, "_candidates", lambda _kind: [])

        with pytest.raises(pytest.fail.Exception, match="CI must not skip"):
            require_server("valkey")
