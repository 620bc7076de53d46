"""A throw-away Redis Cluster: three primaries with a replica each."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import redis
from redis.cluster import ClusterNode, RedisCluster

from demo_project.embedded_valkey import EmbeddedValkey
from demo_project.ports import HOST, reserved_port
from tests.harness.patience import until

PRIMARIES = 3
REPLICAS = 1
"""Of each primary."""
_SLOTS = 16384
_NODE_TIMEOUT_MS = 1000


class ClusterSetup:
    """The nodes of a cluster, by port, to be asked and disturbed."""

    def __init__(self, nodes: dict[int, EmbeddedValkey]) -> None:
        """Take over nodes that run already and do not know each other."""
        self.nodes = nodes

    @property
    def cache(self) -> dict[str, Any]:
        """The alias of ``CACHES`` that leads here."""
        factory = "sessionauth.stores.cluster.ClusterConnectionFactory"
        return {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": [f"redis://{HOST}:{port}/0" for port in self.nodes],
            "OPTIONS": {"CONNECTION_FACTORY": factory},
        }

    def client(self) -> RedisCluster:
        """Return a plain client of the whole cluster."""
        nodes = [ClusterNode(HOST, port) for port in self.nodes]
        return RedisCluster(startup_nodes=nodes, socket_timeout=30)

    def port_of(self, key: str) -> int:
        """Return the port of the primary that has ``key``."""
        with self.client() as client:
            return int(client.get_node_from_key(key).port)

    def primary_ports(self) -> set[int]:
        """Return the ports of the primaries, as a node sees it that runs."""
        with self.client() as client:
            return {int(node.port) for node in client.get_primaries()}

    def replica_of(self, port: int) -> EmbeddedValkey:
        """Return the replica of the primary at ``port``."""
        for other in self.nodes:
            if self._primary_of(other) == port:
                return self.nodes[other]
        raise LookupError(port)

    def join(self) -> None:
        """Make one cluster of the nodes and wait until it serves."""
        ports = list(self.nodes)
        ids = {port: self._id_of(port) for port in ports}
        for n, port in enumerate(ports):
            self._ask(port, "CLUSTER", "SET-CONFIG-EPOCH", n + 1)
            self._ask(port, "CLUSTER", "MEET", HOST, ports[0], self._bus_of(ports[0]))
        bounds = [n * _SLOTS // PRIMARIES for n in range(PRIMARIES + 1)]
        for n, port in enumerate(ports[:PRIMARIES]):
            slots = range(bounds[n], bounds[n + 1])
            self._ask(port, "CLUSTER", "ADDSLOTS", *slots)
        until(lambda: all(map(self._knows_everybody, ports)))
        for n, port in enumerate(ports[PRIMARIES:]):
            self._ask(port, "CLUSTER", "REPLICATE", ids[ports[n % PRIMARIES]])
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until every node serves and every primary has its replica."""
        until(self._is_ready)

    def _is_ready(self) -> bool:
        try:
            roles = [self._replication(port) for port in self.nodes]
            states = [self._info(port) for port in self.nodes]
        except redis.RedisError:
            return False
        primaries = [role for role in roles if role["role"] == "master"]
        return (
            len(primaries) == PRIMARIES
            and all(role["connected_slaves"] == REPLICAS for role in primaries)
            and all(role["slave0"]["state"] == "online" for role in primaries)
            and all("cluster_state:ok\r" in state for state in states)
            # Slots of a node that counts as failed are not: a vote may still come.
            and all(f"cluster_slots_ok:{_SLOTS}\r" in state for state in states)
        )

    def _knows_everybody(self, port: int) -> bool:
        return f"cluster_known_nodes:{len(self.nodes)}\r" in self._info(port)

    def _id_of(self, port: int) -> str:
        answer = self._ask(port, "CLUSTER", "MYID")
        return answer.decode() if isinstance(answer, bytes) else ""

    def _info(self, port: int) -> str:
        answer = self._ask(port, "CLUSTER", "INFO")
        return answer.decode() if isinstance(answer, bytes) else ""

    def _primary_of(self, port: int) -> object:
        try:
            return self._replication(port).get("master_port")
        except redis.RedisError:
            return None

    def _replication(self, port: int) -> dict[str, Any]:
        with redis.Redis(HOST, port, socket_timeout=5) as node:
            return dict(node.info("replication"))

    def _bus_of(self, port: int) -> int:
        with redis.Redis(HOST, port) as node:
            return int(node.config_get("cluster-port")["cluster-port"])

    def _ask(self, port: int, *command: str | int) -> object:
        with redis.Redis(HOST, port, socket_timeout=5) as node:
            return node.execute_command(*command)


@contextmanager
def cluster_setup(program: Path, directory: Path) -> Iterator[ClusterSetup]:
    """Run a cluster of ``program`` with what its nodes know below ``directory``."""
    with ExitStack() as stack:
        nodes = {}
        for n in range(PRIMARIES * (1 + REPLICAS)):
            port = stack.enter_context(reserved_port())
            bus = stack.enter_context(reserved_port())
            options = {
                "port": str(port),
                "bind": HOST,
                "hz": "100",
                "cluster-enabled": "yes",
                "cluster-port": str(bus),
                "cluster-node-timeout": str(_NODE_TIMEOUT_MS),
                "cluster-require-full-coverage": "no",
                "repl-diskless-sync-delay": "0",
                "appendonly": "no",
            }
            # A node that comes back must know who it was.
            place = directory / f"node{n}"
            node = EmbeddedValkey(place, binary=program, options=options)
            nodes[port] = stack.enter_context(node)
        setup = ClusterSetup(nodes)
        setup.join()
        yield setup
