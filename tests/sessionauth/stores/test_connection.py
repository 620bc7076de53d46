"""The way to Redis: own time limits, one place for its errors."""

import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings
from redis import exceptions
from redis.sentinel import MasterNotFoundError, SlaveNotFoundError

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth.exceptions import StoreDown
from sessionauth.stores import connection, servers
from tests.sessionauth.conftest import use_server


def pool_of(alias: str = "default") -> redis.ConnectionPool:
    found = servers.store_of(alias).servers
    assert isinstance(found, servers.OneServer)
    return found.client.connection_pool


class TestPool:
    def test_time_limits_are_ours(self, settings: Settings) -> None:
        """redis-py's own are 5 s and 10 retries: a minute per request while hung."""
        use_server(settings, "redis://127.0.0.1:1/0")

        options = pool_of().connection_kwargs

        assert options["socket_timeout"] == 0.5
        assert options["socket_connect_timeout"] == 0.5
        assert options["retry"].get_retries() == 1

    def test_time_limits_of_the_alias_are_kept(self, settings: Settings) -> None:
        """Who sets them has a reason, such as a store far away."""
        use_server(settings, "redis://127.0.0.1:1/0", SOCKET_TIMEOUT=0.2)

        assert pool_of().connection_kwargs["socket_timeout"] == 0.2

    def test_pool_is_not_the_one_of_the_cache(self, settings: Settings) -> None:
        """django-redis keys pools by URL: a shared one has whose options came first."""
        from django.core.cache import cache  # noqa: PLC0415 # as another app would

        use_server(settings, settings.CACHES["default"]["LOCATION"])
        cache.set("k", 1)

        assert pool_of() is not cache.client.get_client().connection_pool

    def test_answers_are_bytes_whatever_the_alias_says(
        self, settings: Settings
    ) -> None:
        """Records hold bytes that are no text."""
        pool = {"decode_responses": True}
        use_server(settings, "redis://127.0.0.1:1/0", CONNECTION_POOL_KWARGS=pool)

        assert pool_of().connection_kwargs["decode_responses"] is False

    def test_first_of_several_servers_is_used(self, settings: Settings) -> None:
        """The others are replicas: behind, and they know revoked sessions longest."""
        use_server(settings, "redis://127.0.0.1:1/0,redis://127.0.0.1:2/0")

        assert pool_of().connection_kwargs["port"] == 1

    def test_unknown_alias_is_improperly_configured(self) -> None:
        """WSGI servers run no checks."""
        with pytest.raises(ImproperlyConfigured, match="nowhere"):
            servers.store_of("nowhere")


class TestErrors:
    @pytest.mark.requirement("OPS-02")
    @pytest.mark.parametrize(
        "error",
        [
            exceptions.ConnectionError("refused"),
            exceptions.TimeoutError("timed out"),
            exceptions.BusyLoadingError("LOADING"),
            exceptions.AuthenticationError("WRONGPASS"),
            exceptions.ReadOnlyError("READONLY"),
            exceptions.OutOfMemoryError("OOM"),
            exceptions.ResponseError("CLUSTERDOWN"),
            exceptions.ResponseError("MISCONF"),
            exceptions.NoPermissionError("NOPERM"),
            exceptions.ClusterDownError("CLUSTERDOWN"),
            exceptions.ClusterError("TTL exhausted."),
            exceptions.MovedError("1 127.0.0.1:1"),
            exceptions.RedisClusterException("no node"),
            exceptions.SlotNotCoveredError("slot"),
            exceptions.MaxConnectionsError("too many"),
            MasterNotFoundError("no primary"),
            SlaveNotFoundError("no replica"),
            OSError("no route"),
        ],
        ids=lambda error: type(error).__name__ + str(error),
    )
    def test_whatever_redis_refuses_is_an_outage(
        self, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        """None of these says that anybody is logged out."""

        def fail(*_args: object, **_options: object) -> None:
            raise error

        monkeypatch.setattr(redis.Redis, "execute_command", fail)

        with pytest.raises(StoreDown):
            connection.command("EXISTS", "k")

    def test_demoted_server_is_left_at_once(self, own_server: EmbeddedValkey) -> None:
        """Its name may lead to the new primary; an open connection never would."""
        found = servers.store_of("default").servers
        assert isinstance(found, servers.OneServer)
        before = found.client.client_id()
        with redis.Redis.from_url(own_server.url) as server:
            server.replicaof("127.0.0.1", 1)
            with pytest.raises(StoreDown):
                connection.command("SET", "k", "v")
            server.replicaof("NO", "ONE")

        assert found.client.client_id() != before

    def test_forgotten_script_is_taught_again(self, own_server: EmbeddedValkey) -> None:
        """A restarted or promoted server knows no script."""
        script = connection.load_script("index", "listed", answers=list)
        with redis.Redis.from_url(own_server.url) as client:
            client.script_flush()

            for _ in range(2):
                assert connection.run(script, "k", "") is not None
            assert client.script_exists(script.sha1) == [True]


class TestScripts:
    def test_script_names_one_key(self) -> None:
        """In a cluster two keys may lie on two servers."""
        for path in connection._LUA.glob("*.lua"):
            assert "KEYS[2]" not in path.read_text()

    def test_script_reads_no_json(self) -> None:
        """Lua's cjson turns [] into {}, and big numbers into other ones."""
        for path in connection._LUA.glob("*.lua"):
            assert "cjson" not in path.read_text()
