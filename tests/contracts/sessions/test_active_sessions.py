"""Listing: what is alive, of whom it is, and at which cost."""

import pytest
import redis
from django.contrib.auth.models import User
from django.test import RequestFactory
from redis.cluster import RedisCluster

import sessionauth
from sessionauth.conf import get_settings
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.flows.active_sessions import active_sessions, active_sessions_of
from sessionauth.flows.load import load_session
from sessionauth.stores import sessions
from tests.harness.cluster_setup import PRIMARIES

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def opened(user: User) -> SessionStore:
    """A session into which the user has just logged in."""
    request = RequestFactory().post("/", headers={"user-agent": FIREFOX})
    request.session = SessionStore()
    sessionauth.login(request, user)
    return request.session


def handle(session: SessionStore) -> str:
    return digest(session.session_key or "")


def record_key(session: SessionStore) -> str:
    return f"sa:s:{handle(session)}"


class TestActiveSessions:
    """``active_sessions``: what the user and the admin are shown."""

    def test_each_login_is_listed_by_its_digest(self, alice: User) -> None:
        """The handle must name the session and must not be its id."""
        handles = {handle(opened(alice)) for _ in range(3)}

        listed = active_sessions(str(alice.pk))

        assert {session.handle for session in listed} == handles

    def test_another_users_session_is_not_listed(self, alice: User, bob: User) -> None:
        """A list is its owner's."""
        opened(bob)

        assert active_sessions(str(alice.pk)) == []

    def test_several_users_get_their_own(self, alice: User, bob: User) -> None:
        """The admin reads a page of users at once."""
        hers, his = opened(alice), opened(bob)

        found = active_sessions_of([str(alice.pk), str(bob.pk), "4711"])

        assert [s.handle for s in found[str(alice.pk)]] == [handle(hers)]
        assert [s.handle for s in found[str(bob.pk)]] == [handle(his)]
        assert found["4711"] == []

    @pytest.mark.parametrize("end", ["delete", "expire", "renew"])
    def test_what_ended_is_not_listed(
        self, alice: User, end: str, redis_client: redis.Redis
    ) -> None:
        """The index may be behind; the list may not."""
        session = opened(alice)
        store_digest = handle(session)
        if end == "delete":
            sessions.delete(store_digest)
        elif end == "expire":
            redis_client.hset(record_key(session), "a", 1)
        else:
            sessions.renew(store_digest, "successor")

        assert active_sessions(str(alice.pk)) == []

    def test_an_entry_whose_record_is_another_users_is_not_listed(
        self, alice: User, bob: User, redis_client: redis.Redis
    ) -> None:
        """A record says whose it is; an entry that was left behind does not."""
        session = opened(alice)
        redis_client.hset(record_key(session), "U", f'"{bob.pk}"')

        assert active_sessions(str(alice.pk)) == []

    @pytest.mark.parametrize("value", [b"\xff", b"", b"nonsense"])
    def test_a_damaged_record_is_left_out(
        self, alice: User, value: bytes, redis_client: redis.Redis
    ) -> None:
        """One broken record must not hide the others."""
        broken, whole = opened(alice), opened(alice)
        redis_client.hset(record_key(broken), "c", value)

        listed = active_sessions(str(alice.pk))

        assert [s.handle for s in listed] == [handle(whole)]

    def test_a_key_of_another_type_is_left_out(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """Nor must a foreign value under a record's key."""
        broken = opened(alice)
        key = record_key(broken)
        redis_client.delete(key)
        redis_client.set(key, "x")

        assert active_sessions(str(alice.pk)) == []

    def test_looking_does_not_extend(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """A list that is left open must not keep sessions alive."""
        session = opened(alice)
        key = record_key(session)
        redis_client.pexpire(key, 5000)

        (listed,) = active_sessions(str(alice.pk))

        assert 0 < redis_client.pttl(key) <= 5000
        assert listed.expires_at_ms - listed.last_seen_at_ms <= 60_000

    def test_the_last_used_comes_first(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """The user looks for what happened lately."""
        older, newer = opened(alice), opened(alice)
        now_ms = active_sessions(str(alice.pk))[0].last_seen_at_ms
        redis_client.hset(record_key(older), "u", now_ms + 60_000)

        listed = active_sessions(str(alice.pk))

        assert [s.handle for s in listed] == [handle(s) for s in (older, newer)]

    def test_the_number_of_round_trips_does_not_grow(
        self,
        alice: User,
        bob: User,
        round_trips: list[str],
        redis_client: redis.Redis,
    ) -> None:
        """A user with many sessions must not be slow to look at."""
        nodes = PRIMARIES if isinstance(redis_client, RedisCluster) else 1
        for _ in range(20):
            opened(alice)
            opened(bob)
        round_trips.clear()

        active_sessions_of([str(alice.pk), str(bob.pk)])

        # One index, one other index, and the records wherever they are. A node that
        # does not know a script yet is taught it.
        assert len([sent for sent in round_trips if sent != "EVAL"]) == 2 + nodes


class TestLastSeen:
    """``last_seen_at_ms``: what a use of the session leaves behind."""

    def test_a_use_within_a_minute_writes_nothing(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """A field that is written at every request costs replication and disk."""
        session = opened(alice)

        load_session(str(session.session_key))

        assert redis_client.hget(record_key(session), "u") is None

    def test_a_use_after_a_minute_is_noted(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """The user is to see that somebody used it."""
        session = opened(alice)
        key = record_key(session)
        long_ago = int(redis_client.hget(key, "a")) - 3_600_000
        redis_client.hset(key, "a", long_ago)

        load_session(str(session.session_key))

        (listed,) = active_sessions(str(alice.pk))
        assert listed.authenticated_at_ms == long_ago
        assert listed.last_seen_at_ms >= long_ago + 3_600_000

    def test_a_use_is_noted_after_the_clock_went_back(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """A failover may bring a clock that is behind, and with it time would stand."""
        session = opened(alice)
        key = record_key(session)
        ahead = int(redis_client.hget(key, "a")) + 3_600_000
        redis_client.hset(key, "u", ahead)

        load_session(str(session.session_key))

        assert int(redis_client.hget(key, "u")) < ahead

    def test_a_load_that_is_no_use_leaves_record_and_expiry(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """Polling in the background is not activity."""
        session = opened(alice)
        key = record_key(session)
        redis_client.hset(key, "a", int(redis_client.hget(key, "a")) - 3_600_000)
        redis_client.pexpire(key, 5000)
        before = redis_client.hgetall(key)

        polling = SessionStore(session.session_key)
        polling.counts_as_activity = False

        assert polling["_auth_user_id"] == str(alice.pk)
        assert redis_client.hgetall(key) == before
        assert redis_client.pttl(key) <= 5000

    def test_a_renewed_record_is_not_noted(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """What stays behind under an old id is no session."""
        session = opened(alice)
        key = record_key(session)
        redis_client.hset(key, "a", 1)
        sessions.renew(handle(session), "successor")

        load_session(str(session.session_key))

        assert redis_client.hget(key, "u") is None

    def test_a_record_past_its_end_is_gone_when_it_was_read(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """Noting the use after the end would leave a key that never expires."""
        session = opened(alice)
        redis_client.hset(record_key(session), "a", 1)

        sessions.load(handle(session), get_settings().timeouts)

        assert not redis_client.exists(record_key(session))
