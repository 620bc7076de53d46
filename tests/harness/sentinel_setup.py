"""A throw-away Sentinel set-up: one primary, two replicas, three sentinels."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import redis
from redis.sentinel import Sentinel

from demo_project.embedded_valkey import EmbeddedValkey
from demo_project.ports import HOST, reserved_port
from demo_project.watchdog import GuardedProcess, ServerCommand
from tests.harness.patience import until

SERVICE = "tandem"
REPLICAS = 2
_SENTINELS = 3
_FAILOVER_TIMEOUT_MS = 3000
_CONFIGURATION = "sentinel.conf"


class SentinelSetup:
    """Servers and sentinels, to be asked and disturbed."""

    def __init__(
        self, servers: dict[int, EmbeddedValkey], sentinel_ports: list[int]
    ) -> None:
        """Take over what runs already."""
        self.servers = servers
        self.sentinels = [(HOST, port) for port in sentinel_ports]

    @property
    def cache(self) -> dict[str, Any]:
        """The alias of ``CACHES`` that leads here."""
        return {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": f"redis://{SERVICE}/0",
            "OPTIONS": {
                "CONNECTION_FACTORY": "django_redis.pool.SentinelConnectionFactory",
                "SENTINELS": self.sentinels,
            },
        }

    def client(self) -> redis.Redis:
        """Return a plain client of whichever is primary when it connects."""
        sentinel = Sentinel(self.sentinels, socket_timeout=5)
        client: redis.Redis = sentinel.master_for(SERVICE, socket_timeout=30)
        return client

    def primary(self) -> EmbeddedValkey:
        """Return the server that the sentinels call the primary."""
        return self.servers[_primary_port(self.sentinels[0])]

    def primaries(self) -> set[EmbeddedValkey]:
        """Return what any sentinel calls the primary."""
        return {self.servers[_primary_port(sentinel)] for sentinel in self.sentinels}

    def replicas(self) -> list[EmbeddedValkey]:
        """Return the other servers."""
        primary = self.primary()
        return [server for server in self.servers.values() if server is not primary]

    def wait_until_ready(self) -> None:
        """Wait until each sentinel knows everybody and the replicas follow."""
        until(self._is_ready)

    def _is_ready(self) -> bool:
        try:
            with redis.Redis(HOST, _primary_port(self.sentinels[0])) as primary:
                slaves = primary.info("replication")
            return (
                slaves["role"] == "master"
                and slaves["connected_slaves"] == REPLICAS
                and all(slaves[f"slave{n}"]["state"] == "online" for n in range(2))
                and all(map(_knows_everybody, self.sentinels))
            )
        except redis.RedisError:
            return False


@contextmanager
def sentinel_setup(
    program: Path, directory: Path, *, down_after_ms: int = 30_000
) -> Iterator[SentinelSetup]:
    """Run a set-up of ``program`` with its data below ``directory``.

    A server that is silent for ``down_after_ms`` milliseconds loses its part.
    """
    with ExitStack() as stack:
        ports = [stack.enter_context(reserved_port()) for _ in range(1 + REPLICAS)]
        servers = {}
        for port in ports:
            options = {"port": str(port), "bind": HOST, "hz": "100"}
            options |= {"repl-diskless-sync-delay": "0", "appendonly": "no"}
            if port != ports[0]:
                options["replicaof"] = f"{HOST} {ports[0]}"
            server = EmbeddedValkey(binary=program, options=options)
            servers[port] = stack.enter_context(server)
        sentinel_ports = []
        for n in range(_SENTINELS):
            port = stack.enter_context(reserved_port())
            place = directory / f"sentinel{n}"
            place.mkdir(parents=True)
            _configure(place, port, ports[0], down_after_ms)
            stack.callback(_start_sentinel(program, place).close)
            sentinel_ports.append(port)
        setup = SentinelSetup(servers, sentinel_ports)
        setup.wait_until_ready()
        yield setup


def _configure(place: Path, port: int, primary: int, down_after_ms: int) -> None:
    (place / _CONFIGURATION).write_text(
        f"port {port}\n"
        f"bind {HOST}\n"
        f"dir {place}\n"
        f"sentinel monitor {SERVICE} {HOST} {primary} 2\n"
        f"sentinel down-after-milliseconds {SERVICE} {down_after_ms}\n"
        f"sentinel failover-timeout {SERVICE} {_FAILOVER_TIMEOUT_MS}\n"
        f"sentinel parallel-syncs {SERVICE} {REPLICAS}\n"
    )


def _start_sentinel(program: Path, place: Path) -> GuardedProcess:
    return GuardedProcess(
        ServerCommand(
            argv=[str(program), str(place / _CONFIGURATION), "--sentinel"],
            cwd=str(place),
            log=str(place / "log"),
            env={"LC_ALL": "C"},
        )
    )


def _primary_port(address: tuple[str, int]) -> int:
    with redis.Redis(*address) as sentinel:
        return int(sentinel.sentinel_get_master_addr_by_name(SERVICE)[1])


def _knows_everybody(address: tuple[str, int]) -> bool:
    with redis.Redis(*address) as sentinel:
        state = sentinel.sentinel_master(SERVICE)
    return (
        state["num-slaves"] >= REPLICAS
        and state["num-other-sentinels"] >= _SENTINELS - 1
        and not state["is_sdown"]
    )
