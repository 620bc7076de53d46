"""The records in Redis, each step on one key."""

import time

import pytest
import redis
from pytest_django import Settings

from sessionauth.core.timeouts import TimeoutPolicy
from sessionauth.exceptions import RecordCorrupt
from sessionauth.stores import sessions
from tests.contracts.sessions.conftest import keys_in

POLICY = TimeoutPolicy(idle_ms=1_800_000, absolute_ms=86_400_000, user_check_ms=60_000)


def server_ms(client: redis.Redis) -> int:
    seconds, microseconds = client.time()
    return seconds * 1000 + microseconds // 1000


class TestCreate:
    def test_new_record_has_the_servers_time(self, redis_client: redis.Redis) -> None:
        """Clocks of web servers differ; the store's is one for all."""
        before = server_ms(redis_client)

        created_at_ms = sessions.create("d", POLICY)

        assert created_at_ms is not None
        assert before <= created_at_ms <= server_ms(redis_client)
        assert redis_client.hgetall("sa:s:d") == {b"c": b"%d" % created_at_ms}

    def test_id_in_use_is_refused(self) -> None:
        """Creating must never overwrite, or two users would share a session."""
        sessions.create("d", POLICY)
        sessions.save("d", {b":k": b"1"}, (), POLICY)

        assert sessions.create("d", POLICY) is None

    def test_call_sent_twice_gives_the_same_answer(self) -> None:
        """A hung server runs the first call late; the second must not fail."""
        assert sessions.create("d", POLICY) == sessions.create("d", POLICY)

    def test_bare_record_expires(self, redis_client: redis.Redis) -> None:
        """A login that crashes half-way must leave nothing for good."""
        sessions.create("d", POLICY)

        assert 1_790_000 < redis_client.pttl("sa:s:d") <= 1_800_000


class TestLoad:
    def test_unknown_id_is_none(self, redis_client: redis.Redis) -> None:
        """Loading must not create: an attacker chooses the ids that are asked for."""
        assert sessions.load("d", POLICY) is None
        assert keys_in(redis_client) == set()

    def test_fields_come_with_the_servers_time(self, redis_client: redis.Redis) -> None:
        """The absolute timeout is judged by the clock that set its anchor."""
        created_at_ms = sessions.create("d", POLICY)

        fields, now_ms = sessions.load("d", POLICY) or ({}, 0)

        assert fields == {b"c": b"%d" % created_at_ms}
        assert now_ms >= (created_at_ms or 0)

    @pytest.mark.requirement("TMO-01")
    def test_use_extends_the_idle_time(self, redis_client: redis.Redis) -> None:
        """Activity keeps a session alive."""
        sessions.create("d", POLICY)
        redis_client.pexpire("sa:s:d", 60_000)

        sessions.load("d", POLICY)

        assert 1_790_000 < redis_client.pttl("sa:s:d") <= 1_800_000

    @pytest.mark.requirement("TMO-01")
    def test_session_left_alone_is_gone_after_the_idle_time(self) -> None:
        """The store forgets it by itself; no sweeper and no clock of ours."""
        short = TimeoutPolicy(idle_ms=10, absolute_ms=10_000, user_check_ms=0)
        sessions.create("d", short)

        time.sleep(0.03)

        assert sessions.load("d", short) is None

    @pytest.mark.requirement("TMO-02")
    def test_use_does_not_extend_past_the_absolute_end(
        self, redis_client: redis.Redis
    ) -> None:
        """A stolen session that is kept busy must end too."""
        now_ms = server_ms(redis_client)
        redis_client.hset("sa:s:d", mapping={"c": now_ms - 86_395_000})

        sessions.load("d", POLICY)

        assert 0 < redis_client.pttl("sa:s:d") <= 5000

    def test_own_limits_shorten(self, redis_client: redis.Redis) -> None:
        """set_expiry() holds on the server, not only in the cookie."""
        now_ms = server_ms(redis_client)
        redis_client.hset("sa:s:idle", mapping={"c": now_ms, "i": 9000})
        redis_client.hset("sa:s:end", mapping={"c": now_ms, "x": now_ms + 9000})

        sessions.load("idle", POLICY)
        sessions.load("end", POLICY)

        assert 0 < redis_client.pttl("sa:s:idle") <= 9000
        assert 0 < redis_client.pttl("sa:s:end") <= 9000

    def test_own_limits_never_lengthen(self, redis_client: redis.Redis) -> None:
        """Whatever is written there, the policy's idle time is the most."""
        now_ms = server_ms(redis_client)
        far = {"c": now_ms, "i": 10**15, "x": now_ms + 10**12}
        redis_client.hset("sa:s:d", mapping=far)

        sessions.load("d", POLICY)

        assert redis_client.pttl("sa:s:d") <= 1_800_000

    def test_key_of_another_type_is_corrupt(self, redis_client: redis.Redis) -> None:
        """Whoever wrote it, it is no session, and not an outage either."""
        redis_client.set("sa:s:d", "text")

        with pytest.raises(RecordCorrupt):
            sessions.load("d", POLICY)


class TestSave:
    def test_only_the_named_fields_change(self, redis_client: redis.Redis) -> None:
        """What another request wrote meanwhile stays."""
        sessions.create("d", POLICY)
        redis_client.hset("sa:s:d", mapping={":theirs": "1", ":gone": "1"})

        assert sessions.save("d", {b":mine": b"2"}, (b":gone",), POLICY)

        stored = redis_client.hgetall("sa:s:d")
        assert stored.keys() == {b"c", b":theirs", b":mine"}

    @pytest.mark.requirement("SES-07")
    def test_ended_session_is_not_brought_back(self, redis_client: redis.Redis) -> None:
        """A slow request that saves after a logout must not undo it."""
        sessions.create("d", POLICY)
        sessions.delete("d")

        assert not sessions.save("d", {b":k": b"1"}, (), POLICY)
        assert keys_in(redis_client) == set()

    @pytest.mark.requirement("SES-07")
    def test_renewed_session_takes_no_save(self, redis_client: redis.Redis) -> None:
        """The old id is dead at once, also for a request that is under way."""
        sessions.create("d", POLICY)
        sessions.renew("d", "new")

        assert not sessions.save("d", {b":k": b"1"}, (), POLICY)
        assert not redis_client.hexists("sa:s:d", ":k")

    def test_save_counts_as_use(self, redis_client: redis.Redis) -> None:
        """A long upload ends with a save; the user was active."""
        sessions.create("d", POLICY)
        redis_client.pexpire("sa:s:d", 60_000)

        sessions.save("d", {b":k": b"1"}, (), POLICY)

        assert redis_client.pttl("sa:s:d") > 1_790_000

    def test_thousands_of_fields_fit(self) -> None:
        """Lua's unpack() stops at some 8000 arguments; a session need not."""
        sessions.create("d", POLICY)
        many = {b":%d" % n: b"1" for n in range(10_000)}

        assert sessions.save("d", many, (), POLICY)
        assert sessions.save("d", {}, tuple(many), POLICY)


class TestRenew:
    @pytest.mark.requirement("SES-04")
    def test_fields_are_handed_over_once(self) -> None:
        """Of two logins over one anonymous session only one gets its data."""
        sessions.create("d", POLICY)
        sessions.save("d", {b":k": b"1"}, (), POLICY)

        first, second = sessions.renew("d", "one"), sessions.renew("d", "two")

        assert first is not None
        assert first[b":k"] == b"1"
        assert second is None

    def test_call_sent_twice_gives_the_same_answer(self) -> None:
        """A slow answer must not cost the user the session."""
        sessions.create("d", POLICY)

        assert sessions.renew("d", "new") == sessions.renew("d", "new")

    @pytest.mark.requirement("SES-04")
    def test_old_id_is_dead_at_once(self) -> None:
        """What an attacker planted or copied before the login is worth nothing."""
        sessions.create("d", POLICY)
        sessions.renew("d", "new")

        assert not sessions.is_alive("d")

    def test_trace_of_the_old_id_does_not_stay(self, redis_client: redis.Redis) -> None:
        """Using the dead id must not keep its data in memory."""
        sessions.create("d", POLICY)
        sessions.renew("d", "new")
        sessions.load("d", POLICY)

        assert redis_client.pttl("sa:s:d") <= sessions.RENEWED_KEPT_MS

    def test_ended_session_has_nothing_to_hand_over(self) -> None:
        """A renewal that comes after a revocation must not save the session."""
        assert sessions.renew("d", "new") is None


class TestDelete:
    @pytest.mark.requirement("SES-06")
    def test_deleted_record_is_gone(self, redis_client: redis.Redis) -> None:
        """Every process asks the same store, so it ends everywhere at once."""
        sessions.create("d", POLICY)
        sessions.save("d", {b"U": b'"7"'}, (), POLICY)

        assert sessions.delete("d") == b'"7"'
        assert keys_in(redis_client) == set()

    def test_deleting_twice_is_harmless(self) -> None:
        """Logout may be clicked twice, and sent twice."""
        assert sessions.delete("d") is None

    def test_key_of_another_type_is_deleted(self, redis_client: redis.Redis) -> None:
        """Rubbish must go away, or it is logged at every request."""
        redis_client.set("sa:s:d", "text")

        assert sessions.delete("d") is None
        assert keys_in(redis_client) == set()


class TestNamespace:
    def test_keys_begin_with_the_cache_prefix(
        self, settings: Settings, redis_client: redis.Redis
    ) -> None:
        """Two projects may share a Redis database."""
        caches = dict(settings.CACHES)
        caches["default"] = {**caches["default"], "KEY_PREFIX": "shop*"}
        settings.CACHES = caches

        sessions.create("d", POLICY)

        assert redis_client.keys() == [b"shop*:sa:s:d"]

    def test_deleting_everything_touches_own_keys_only(
        self, settings: Settings, redis_client: redis.Redis
    ) -> None:
        """The database may hold another project's sessions, and a cache."""
        caches = dict(settings.CACHES)
        caches["default"] = {**caches["default"], "KEY_PREFIX": "shop*"}
        settings.CACHES = caches
        sessions.create("d", POLICY)
        redis_client.hset("shopping:sa:s:d", "c", 1)
        redis_client.set("shop*:1:cached", 1)

        assert sessions.delete_every_session() == 1
        assert len(keys_in(redis_client)) == 2
