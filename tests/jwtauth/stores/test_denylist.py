"""The denylist on a real server: entries, shards, and every way to lose them."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import override_settings

from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.core.ended_family import EndedFamily
from jwtauth.core.refresh_token import sid_bytes
from jwtauth.exceptions import DenylistDown
from jwtauth.models import TokenFamily
from jwtauth.stores import denylist, denylist_shards, ended_families
from tests.jwtauth.caller import Caller
from tests.jwtauth.denylist_entries import entries

HOUR_MS = 3_600_000


def client_of(server: EmbeddedValkey) -> redis.Redis:
    return redis.Redis.from_url(server.url, decode_responses=True)


class TestEntries:
    @pytest.mark.requirement("RVK-07")
    @pytest.mark.parametrize(
        ("covers", "hours"), [("refresh", 30 * 24), ("access", 0.25)]
    )
    def test_deny_entry_lives_as_long_as_it_must_block(
        self,
        alice: User,
        caller: Caller,
        server: EmbeddedValkey,
        jwtauth_settings: Callable[..., None],
        covers: str,
        hours: float,
    ) -> None:
        """Shorter would revive a token; longer would fill Redis for nothing."""
        jwtauth_settings(DENYLIST_COVERS=covers)
        caller.logout(caller.login(alice)["access"])

        with client_of(server) as client:
            (until,) = entries(client).values()
        left = until - time.time() * 1000
        assert hours * HOUR_MS < left <= hours * HOUR_MS + 80_000

    @pytest.mark.requirement("RVK-07")
    def test_deny_entry_outlives_access_tokens_of_a_longer_lifetime(
        self,
        alice: User,
        caller: Caller,
        server: EmbeddedValkey,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """A token of before the lifetime was shortened would count again."""
        jwtauth_settings(
            DENYLIST_COVERS="access", ACCESS_TOKEN_LIFETIME=timedelta(hours=1)
        )
        tokens = caller.login(alice)
        jwtauth_settings(
            DENYLIST_COVERS="access", ACCESS_TOKEN_LIFETIME=timedelta(minutes=5)
        )
        caller.refreshed(tokens["refresh"])

        caller.logout(tokens["access"])

        with client_of(server) as client:
            (until,) = entries(client).values()
        assert until - time.time() * 1000 > HOUR_MS

    @pytest.mark.requirement("RVK-07")
    def test_deny_drops_what_need_not_block_any_more(
        self, revoked: str, server: EmbeddedValkey
    ) -> None:
        """A shard would grow for ever; its marker stays."""
        shard = key_of_the_shard()
        denylist.is_denied(sid_of_the_family(), now=time.time())
        with client_of(server) as client:
            client.zadd(shard, {"sid:old": time.time() * 1000 - 1})
            client.zadd("tandem:jwtauth:denylist:ff", {"sid:older": 1})

            denylist.deny([ended_family()], now=datetime.now(UTC))
            assert client.zcard(shard) == 2

            denylist.prune()
            assert not client.exists("tandem:jwtauth:denylist:ff")

    @pytest.mark.requirement("RVK-08")
    def test_deny_keys_carry_prefix_shard_and_id_and_no_token(
        self, revoked: str, server: EmbeddedValkey
    ) -> None:
        """One namespace, one length: no id can name another kind of key."""
        sid = sid_of_the_family()

        denylist.is_denied(sid, now=time.time())

        with client_of(server) as client:
            (key,) = client.keys("*")
            assert key == f"tandem:jwtauth:denylist:{sid_bytes(sid)[0]:02x}"
            assert set(client.zrange(key, 0, -1)) == {f"sid:{sid}", "complete"}

    def test_deny_keys_follow_the_prefix_of_the_settings(self) -> None:
        """Two projects on one server would read each other's denylist."""
        before = denylist_shards.key_of(7)
        alias = settings.CACHES["default"]

        with override_settings(CACHES={"default": {**alias, "KEY_PREFIX": "other"}}):
            during = denylist_shards.key_of(7)

        assert during == "other:jwtauth:denylist:07"
        assert denylist_shards.key_of(7) == before

    def test_revoke_family_already_ended_writes_the_entry_again(
        self, alice: User, caller: Caller, server: EmbeddedValkey
    ) -> None:
        """A logout that is repeated makes up for what an outage swallowed."""
        access_token = caller.used_login(alice)["access"]
        caller.logout(access_token)
        with client_of(server) as client:
            client.zrem(key_of_the_shard(), f"sid:{sid_of_the_family()}")

        caller.logout(access_token)

        assert caller.me(access_token).status_code == 401


class TestCost:
    @pytest.mark.requirement("BRR-07")
    def test_access_token_costs_one_round_trip_and_no_query(
        self,
        alice: User,
        caller: Caller,
        round_trips: list[str],
        django_assert_num_queries: Callable[..., object],
    ) -> None:
        """The marker rides along with the entry."""
        access_token = caller.login(alice)["access"]
        caller.me(access_token)
        round_trips.clear()

        with django_assert_num_queries(0):
            assert caller.me(access_token).status_code == 200

        assert round_trips == ["ZMSCORE"]

    def test_look_up_does_not_go_through_what_keeps_books(
        self, alice: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every request would pay for it."""
        access_token = caller.login(alice)["access"]
        caller.me(access_token)
        monkeypatch.setattr(redis.Redis, "_execute_command", None)

        assert caller.me(access_token).status_code == 200

    @pytest.mark.requirement("BRR-07")
    def test_refresh_only_asks_nobody(
        self,
        alice: User,
        caller: Caller,
        round_trips: list[str],
        jwtauth_settings: Callable[..., None],
        django_assert_num_queries: Callable[..., object],
    ) -> None:
        """Who accepts the delay pays for no look-up."""
        jwtauth_settings(REVOCATION="refresh_only")
        access_token = caller.login(alice)["access"]
        round_trips.clear()

        with django_assert_num_queries(0):
            assert caller.me(access_token).status_code == 200

        assert round_trips == []

    @pytest.mark.requirement("BRR-07")
    def test_anonymous_request_asks_nobody(
        self, caller: Caller, round_trips: list[str]
    ) -> None:
        """Nothing came that could be looked up; here any query would raise."""
        assert caller.me("").status_code == 401
        assert round_trips == []


@pytest.mark.serial
class TestOutage:
    def test_redis_that_never_answers_is_asked_twice_at_most(
        self, alice: User, caller: Caller
    ) -> None:
        """redis-py's own default is ten retries of five seconds each."""
        access_token = caller.login(alice)["access"]
        with silent_server() as (port, connections):
            alias = {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": f"redis://127.0.0.1:{port}/0",
            }
            with override_settings(CACHES={"default": alias}):
                assert caller.me(access_token).status_code == 503

            assert len(connections) == 2

    def test_redis_restarted_without_its_data_revoked_token_stays_revoked(
        self, server: EmbeddedValkey, revoked: str, caller: Caller
    ) -> None:
        """A restart without persistence is an emptied Redis."""
        server.kill()
        server.start()

        assert caller.me(revoked).status_code == 401

    def test_rebuild_redis_emptied_meanwhile_is_not_believed(
        self,
        server: EmbeddedValkey,
        revoked: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The marker is set only where the first entries still are."""
        sid = sid_of_the_family()
        write = denylist_shards.write

        def write_and_lose(*args: object) -> None:
            write(*args)
            with client_of(server) as client:
                client.flushall()

        with client_of(server) as client:
            client.flushall()
        monkeypatch.setattr(denylist_shards, "write", write_and_lose)
        with pytest.raises(DenylistDown):
            denylist.is_denied(sid, now=time.time())

        monkeypatch.undo()
        assert denylist.is_denied(sid, now=time.time())

    def test_rebuild_by_another_process_is_waited_for_and_then_503(
        self, server: EmbeddedValkey, revoked: str
    ) -> None:
        """An entry that is not there yet must not be read as "not revoked"."""
        sid = sid_of_the_family()
        with client_of(server) as client:
            client.flushall()
            client.set(key_of_the_shard("denylist-lock"), "another")

        with pytest.raises(DenylistDown):
            denylist.is_denied(sid, now=time.time())

    def test_rebuild_leaves_out_what_expired_long_ago(
        self, server: EmbeddedValkey, revoked: str
    ) -> None:
        """Entries for tokens that nobody can use would only fill Redis."""
        sid = sid_of_the_family()
        TokenFamily.objects.update(absolute_expires_at=Now() - timedelta(days=1))
        with client_of(server) as client:
            client.flushall()

        assert not denylist.is_denied(sid, now=time.time())


def sid_of_the_family() -> str:
    return TokenFamily.objects.get().sid


def key_of_the_shard(kind: str = "denylist") -> str:
    return f"tandem:jwtauth:{kind}:{TokenFamily.objects.get().pk.bytes[0]:02x}"


def ended_family() -> EndedFamily:
    (page,) = ended_families.pages()
    return page[0]


class TestEviction:
    @pytest.mark.requirement("OPS-04")
    @pytest.mark.parametrize(
        ("policy", "drops"), [("allkeys-random", True), ("volatile-random", False)]
    )
    def test_redis_that_evicts_revoked_token_stays_revoked(
        self,
        server: EmbeddedValkey,
        revoked: str,
        caller: Caller,
        policy: str,
        *,
        drops: bool,
    ) -> None:
        """Entries and marker are one key, which Redis drops or keeps as a whole."""
        assert caller.me(revoked).status_code == 401
        with client_of(server) as client:
            fill_up(client, policy)

            assert client.exists(key_of_the_shard()) == (not drops)

        assert caller.me(revoked).status_code == 401


def fill_up(client: redis.Redis, policy: str) -> None:
    """Write until Redis has dropped all that was there, or drops nothing more."""
    client.config_set("maxmemory-policy", policy)
    client.config_set("maxmemory", client.info("memory")["used_memory"] + 2**20)
    with suppress(redis.exceptions.OutOfMemoryError):
        for number in range(400):
            client.set(f"filler:{number}", b"x" * 2**16)
    client.config_set("maxmemory", 0)


@contextmanager
def silent_server() -> Iterator[tuple[int, list[socket.socket]]]:
    """Accept connections and never say a word; yield the port and what came."""
    connections: list[socket.socket] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connections.append(listener.accept()[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        yield listener.getsockname()[1], connections
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in connections:
        connection.close()
