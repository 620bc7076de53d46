"""A lost shard is rebuilt from what is committed, or not at all."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import redis
from django.contrib.auth.models import User
from django.db import connection, connections, transaction

from jwtauth.models import TokenFamily
from jwtauth.stores import denylist, denylist_rebuild, denylist_shards, revocations
from tests.jwtauth.caller import Caller


@pytest.fixture
def access_token(alice: User, caller: Caller) -> str:
    """The access token of a live login."""
    return caller.login(alice)["access"]


@pytest.fixture
def revoked(access_token: str, caller: Caller, redis_client: redis.Redis) -> str:
    """The access token of a login that has ended, which Redis has forgotten."""
    assert caller.logout(access_token).status_code == 204
    redis_client.flushdb()
    return access_token


@contextmanager
def no_database() -> Iterator[None]:
    """Take the database away from this thread while the block runs."""
    working = connections["default"]
    nowhere = {"NAME": "/nonexistent/database", "HOST": "/nonexistent"}
    connections["default"] = type(working)(working.settings_dict | nowhere, "default")
    try:
        yield
    finally:
        connections["default"] = working


def elsewhere(action: Callable[[], object]) -> None:
    """Run it on another connection, and wait for it."""

    def run() -> None:
        action()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)


class TestRedisLosesItAgain:
    @pytest.mark.requirement("RVK-15")
    def test_rebuilt_shard_lost_before_it_is_read_is_not_believed(
        self,
        revoked: str,
        caller: Caller,
        redis_client: redis.Redis,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """What is not there proves something only next to the marker."""
        rebuild = denylist_rebuild.rebuild

        def rebuild_and_lose(shard: int, *, now: datetime) -> None:
            rebuild(shard, now=now)
            redis_client.flushdb()

        monkeypatch.setattr(denylist_rebuild, "rebuild", rebuild_and_lose)

        assert caller.me(revoked).status_code == 503


class TestTwoAtOnce:
    @pytest.mark.requirement("OPS-12")
    def test_rebuild_of_a_shard_that_another_has_just_completed_is_no_fault(
        self, revoked: str, caller: Caller
    ) -> None:
        """It was incomplete when both looked; the second one is late, not at fault."""
        assert caller.me(revoked).status_code == 401

        denylist_rebuild.rebuild(
            TokenFamily.objects.get().pk.bytes[0], now=datetime.now(UTC)
        )

        assert caller.me(revoked).status_code == 401


class TestDatabaseDown:
    @pytest.mark.requirement("OPS-02", "RVK-15")
    def test_rebuild_without_database_is_503_and_over_with_the_outage(
        self, revoked: str, caller: Caller
    ) -> None:
        """A lock left behind would keep everybody out for half a minute more."""
        with no_database():
            response = caller.me(revoked)

        assert response.status_code == 503
        assert response["Retry-After"] == "1"
        assert caller.me(revoked).status_code == 401

    @pytest.mark.requirement("RVK-15")
    def test_rebuild_without_database_is_not_believed(
        self, revoked: str, caller: Caller
    ) -> None:
        """An empty shard with a marker would let every revoked token in."""
        with no_database():
            caller.me(revoked)

        assert len(denylist.incomplete_shards()) == len(denylist_shards.SHARDS)


class TestTransaction:
    @pytest.mark.requirement("RVK-03")
    def test_rebuild_in_a_transaction_of_the_caller_works(self, revoked: str) -> None:
        """ATOMIC_REQUESTS puts every request into one."""
        sid = TokenFamily.objects.get().sid
        before = connections["default"]

        with transaction.atomic():
            assert denylist.is_denied(sid, now=time.time())

        assert connections["default"] is before

    @pytest.mark.requirement("OPS-08")
    @pytest.mark.postgres
    def test_rebuild_in_an_old_snapshot_sees_who_was_revoked_since(
        self, access_token: str
    ) -> None:
        """At REPEATABLE READ the first statement froze what the request can see."""
        family = TokenFamily.objects.get()

        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            assert TokenFamily.objects.get().revoked_at is None
            elsewhere(lambda: revocations.revoke(family.pk.bytes, reason="logout"))
            assert TokenFamily.objects.get().revoked_at is None

            assert denylist.is_denied(family.sid, now=time.time())

    @pytest.mark.requirement("OPS-08")
    @pytest.mark.postgres
    def test_rebuild_does_not_deny_what_is_rolled_back(
        self, access_token: str, caller: Caller
    ) -> None:
        """An entry can't be rolled back: the login would be live and locked out."""
        family = TokenFamily.objects.get()

        with transaction.atomic():
            revocations.revoke(family.pk.bytes, reason="logout")
            denylist.is_denied(family.sid, now=time.time())
            transaction.set_rollback(True)

        assert caller.me(access_token).status_code == 200
