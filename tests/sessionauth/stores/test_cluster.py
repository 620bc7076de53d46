"""Redis Cluster: moves, nodes that are gone, and what its own client gets wrong."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import redis
from django.core.cache import cache
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey
from demo_project.ports import HOST
from sessionauth.core.timeouts import TimeoutPolicy
from sessionauth.exceptions import StoreDown, WriteUnconfirmed
from sessionauth.stores import sessions
from tests.harness.cluster_setup import ClusterSetup, cluster_setup
from tests.harness.patience import until
from tests.harness.redis_programs import require_any_server

POLICY = TimeoutPolicy(idle_ms=1_800_000, absolute_ms=86_400_000, user_check_ms=60_000)

pytestmark = pytest.mark.serial


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterSetup]:
    program = require_any_server("valkey", "redis")
    with cluster_setup(program, tmp_path_factory.mktemp("cluster")) as setup:
        yield setup


@pytest.fixture
def use(settings: Settings, nodes: ClusterSetup) -> Callable[..., None]:
    """Put the sessions on the cluster, with other options."""

    def use(**options: object) -> None:
        options = {**nodes.cache["OPTIONS"], **options}
        settings.CACHES = {"default": {**nodes.cache, "OPTIONS": options}}

    return use


@pytest.fixture
def cluster(nodes: ClusterSetup, use: Callable[..., None]) -> Iterator[ClusterSetup]:
    """The cluster, empty, with the sessions on it; what was paused is resumed."""
    with nodes.client() as client:
        client.flushdb(target_nodes=client.PRIMARIES)
    # A busy machine is no outage.
    use(SOCKET_TIMEOUT=30, SOCKET_CONNECT_TIMEOUT=30)
    yield nodes
    for node in nodes.nodes.values():
        node.resume()
    nodes.wait_until_ready()


def primary_of(setup: ClusterSetup, digest: str) -> tuple[int, EmbeddedValkey]:
    port = setup.port_of(f"sa:s:{digest}")
    return port, setup.nodes[port]


def digest_elsewhere(setup: ClusterSetup, digest: str) -> str:
    """Another digest, whose record lies on another node."""
    port = primary_of(setup, digest)[0]
    names = (f"{digest}{n}" for n in range(1000))
    return next(name for name in names if primary_of(setup, name)[0] != port)


class Slot:
    """A slot that moves to another primary, step by step."""

    def __init__(self, setup: ClusterSetup, key: str) -> None:
        self._setup, self._key = setup, key
        with setup.client() as client:
            self._slot = client.keyslot(key)
            self._from = client.get_node_from_key(key)
            others = [n for n in client.get_primaries() if n.name != self._from.name]
            self._to = others[0]
            self._ids = {
                node.name: client.execute_command("CLUSTER MYID", target_nodes=node)
                for node in client.get_primaries()
            }

    def leave(self) -> None:
        """Be on the move, with the key there already."""
        old, new = self._from, self._to
        self._tell(new, "IMPORTING", self._ids[old.name])
        self._tell(old, "MIGRATING", self._ids[new.name])
        with redis.Redis(old.host, old.port) as client:
            client.execute_command(
                "MIGRATE", new.host, new.port, self._key, 0, 60_000, "REPLACE"
            )

    def arrive(self) -> None:
        """Let everybody know."""
        for node in (self._to, self._from):
            self._tell(node, "NODE", self._ids[self._to.name])

    def settle(self) -> None:
        """Wait until everybody knows."""
        until(lambda: all(map(self._is_known_at, self._setup.nodes)))

    def _is_known_at(self, port: int) -> bool:
        with redis.Redis(HOST, port) as client:
            for first, last, primary, *_ in client.execute_command("CLUSTER", "SLOTS"):
                if first <= self._slot <= last:
                    return bool(primary[1] == self._to.port)
        return False

    def _tell(self, node: object, *words: object) -> None:
        with redis.Redis(node.host, node.port) as client:  # type: ignore[attr-defined]
            client.execute_command("CLUSTER", "SETSLOT", self._slot, *words)


class TestMoves:
    @pytest.mark.requirement("SES-12")
    def test_record_whose_slot_moves_is_found_all_the_while(
        self, cluster: ClusterSetup
    ) -> None:
        """A cluster that grows must log nobody out."""
        created = sessions.create("d", POLICY)
        slot = Slot(cluster, "sa:s:d")

        slot.leave()
        underway = sessions.load("d", POLICY)
        peeked = sessions.peek(["d", "none"])
        slot.arrive()
        arrived = sessions.load("d", POLICY)

        assert (underway or ({}, 0))[0] == {b"c": b"%d" % (created or 0)}
        assert (arrived or ({}, 0))[0] == {b"c": b"%d" % (created or 0)}
        assert [bool(found) for found in peeked] == [True, False]

    def test_move_is_learned_once(
        self, cluster: ClusterSetup, round_trips: list[str]
    ) -> None:
        """Who follows every call's answer instead pays twice for each, for ever."""
        sessions.create("d", POLICY)
        slot = Slot(cluster, "sa:s:d")
        slot.leave()
        slot.arrive()
        slot.settle()
        sessions.load("d", POLICY)
        round_trips.clear()

        sessions.load("d", POLICY)

        assert round_trips == ["EVALSHA"]

    def test_list_whose_records_have_moved_is_complete(
        self, cluster: ClusterSetup
    ) -> None:
        """The map in this process is older than the move."""
        sessions.create("d", POLICY)
        slot = Slot(cluster, "sa:s:d")
        slot.leave()
        slot.arrive()

        assert all(sessions.peek(["d"]))

    def test_confirmed_step_follows_a_move(
        self, cluster: ClusterSetup, settings: Settings
    ) -> None:
        """``WAIT`` must ask the server that did the work."""
        settings.SESSIONAUTH = {"WAIT_REPLICAS": 1}
        sessions.create("d", POLICY)
        slot = Slot(cluster, "sa:s:d")
        slot.leave()
        slot.arrive()

        sessions.delete("d")

        assert sessions.load("d", POLICY) is None


class TestReplicas:
    def test_replica_is_never_asked(self, cluster: ClusterSetup) -> None:
        """It lags behind: a revoked session would be alive there."""
        with cluster.client() as client:
            client.config_resetstat(target_nodes=client.ALL_NODES)

        for n in range(60):
            sessions.create(f"d{n}", POLICY)
            sessions.load(f"d{n}", POLICY)
        sessions.peek([f"d{n}" for n in range(60)])

        for port in {primary_of(cluster, f"d{n}")[0] for n in range(60)}:
            with redis.Redis.from_url(cluster.replica_of(port).url) as replica:
                assert not {"cmdstat_evalsha", "cmdstat_eval", "cmdstat_hgetall"} & set(
                    replica.info("commandstats")
                )

    def test_wait_asks_the_primary_that_has_the_key(
        self, cluster: ClusterSetup, settings: Settings, use: Callable[..., None]
    ) -> None:
        """The replica of another primary proves nothing, and harms nothing."""
        settings.SESSIONAUTH = {"WAIT_REPLICAS": 1}
        here, there = "d", digest_elsewhere(cluster, "d")
        sessions.create(here, POLICY)
        sessions.create(there, POLICY)
        use(SOCKET_TIMEOUT=1)
        cluster.replica_of(primary_of(cluster, here)[0]).pause()

        with pytest.raises(WriteUnconfirmed):
            sessions.delete(here)
        sessions.delete(there)


class TestOutage:
    @pytest.mark.requirement("OPS-02")
    def test_node_that_hangs_is_an_outage_for_its_own_keys_only(
        self, cluster: ClusterSetup, use: Callable[..., None]
    ) -> None:
        """Whose session lies elsewhere stays logged in."""
        here, there = "d", digest_elsewhere(cluster, "d")
        sessions.create(here, POLICY)
        sessions.create(there, POLICY)
        use(SOCKET_TIMEOUT=0.5)
        port, primary = primary_of(cluster, here)
        cluster.replica_of(port).pause()  # or it would take over
        primary.pause()

        with pytest.raises(StoreDown):
            sessions.load(here, POLICY)
        assert sessions.load(there, POLICY)

    @pytest.mark.requirement("OPS-02")
    @pytest.mark.parametrize("limit", [2.5, 0.5])
    def test_cluster_that_hangs_answers_everybody_in_bounded_time(
        self, cluster: ClusterSetup, use: Callable[..., None], limit: float
    ) -> None:
        """redis-py lets one thread ask all the nodes in turn, and the next queue."""
        use(SOCKET_TIMEOUT=limit, SOCKET_CONNECT_TIMEOUT=limit)
        # The short limit is for a process that has yet to learn of the nodes.
        if limit > 1:
            sessions.load("d", POLICY)
        for node in cluster.nodes.values():
            node.pause()
        start = time.monotonic()

        def ask(_: int) -> bool:
            with suppress(StoreDown):
                sessions.load("d", POLICY)
                return True
            return False

        with ThreadPoolExecutor(8) as pool:
            answered = list(pool.map(ask, range(8)))

        assert answered == [False] * 8
        # Node after node it would be a quarter of a minute for the first of them.
        assert time.monotonic() - start < 10

    def test_cluster_that_is_not_there_is_an_outage(self, settings: Settings) -> None:
        """The client's errors of the first connection have a tree of their own."""
        factory = "sessionauth.stores.cluster.ClusterConnectionFactory"
        settings.CACHES = {
            "default": {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": "redis://127.0.0.1:1/0",
                "OPTIONS": {"CONNECTION_FACTORY": factory},
            }
        }

        with pytest.raises(StoreDown):
            sessions.load("d", POLICY)

    def test_one_known_address_that_is_gone_does_not_matter(
        self, cluster: ClusterSetup, settings: Settings
    ) -> None:
        """Name several in LOCATION, and a new process starts while one is down."""
        location = ["redis://127.0.0.1:1/0", *cluster.cache["LOCATION"]]
        caches = {"default": {**settings.CACHES["default"], "LOCATION": location}}
        settings.CACHES = caches

        assert sessions.load("d", POLICY) is None


class TestCache:
    def test_alias_serves_the_cache_as_well(self, cluster: ClusterSetup) -> None:
        """A factory that only sessions can use would need an alias of its own."""
        cache.set_many({"a": 1, "b": 2})

        assert cache.get("a") == 1
        cache.close()

    def test_every_session_is_deleted_wherever_it_is(
        self, cluster: ClusterSetup
    ) -> None:
        """An emergency does not end at the first node."""
        for n in range(60):
            sessions.create(f"d{n}", POLICY)

        assert sessions.delete_every_session() == 60
        assert not any(sessions.peek([f"d{n}" for n in range(60)]))
