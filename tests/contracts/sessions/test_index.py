"""The index of a user's sessions."""

import pytest
import redis

from sessionauth.conf import SessionLimitPolicy
from sessionauth.core.timeouts import TimeoutPolicy
from sessionauth.stores import index, sessions

POLICY = TimeoutPolicy(idle_ms=1_800_000, absolute_ms=86_400_000, user_check_ms=60_000)
NONE = (None, SessionLimitPolicy.EVICT_OLDEST)
EVICT = (2, SessionLimitPolicy.EVICT_OLDEST)
DENY = (2, SessionLimitPolicy.DENY)
NOW_US = 1_800_000_000_000_000


def redis_seconds(client: redis.Redis) -> int:
    seconds, _ = client.time()
    return seconds


def admit(
    digest: str,
    limit: tuple[int | None, SessionLimitPolicy] = NONE,
    replaced: str | None = None,
) -> list[str] | None:
    sessions.create(digest, POLICY)
    return index.admit("7", digest, replaced, limit, POLICY)


def listed() -> list[str]:
    return list(index.listed_until("7", None)[1])


class TestAdmit:
    def test_logins_are_listed_in_their_order(self) -> None:
        """The oldest is the one to go at the limit."""
        names = [f"{n % 7}{n}" for n in range(50)]
        for name in names:
            index.admit("7", name, None, NONE, POLICY)

        assert listed() == names

    @pytest.mark.requirement("SES-11")
    def test_index_expires_with_its_last_session(
        self, redis_client: redis.Redis
    ) -> None:
        """Users who never come back must not leave a key for ever."""
        admit("a")

        left = redis_client.pttl("sa:u:7")

        assert 86_400_000 < left <= 86_460_000

    @pytest.mark.requirement("SES-11")
    def test_members_past_their_absolute_end_are_pruned(
        self, redis_client: redis.Redis
    ) -> None:
        """A user who logs in daily for years has a short list all the same."""
        redis_client.zadd("sa:u:7", {"ancient": 1_000})

        admit("a")

        assert listed() == ["a"]

    def test_oldest_is_evicted_at_the_limit(self) -> None:
        """The policy evict_oldest lets the newest login in."""
        admit("a", EVICT)
        admit("b", EVICT)

        assert admit("c", EVICT) == ["a"]

    def test_evicted_member_stays_until_it_is_buried(self) -> None:
        """After a crash in between the next one still finds the record to delete."""
        admit("a", EVICT)
        admit("b", EVICT)
        admit("c", EVICT)

        assert index.listed_until("7", None)[1]["a"] == 0
        assert admit("d", EVICT) == ["a", "b"]

    def test_call_sent_twice_evicts_nobody_twice(self) -> None:
        """A hung server runs the first call late, the second one on top."""
        admit("a", EVICT)
        admit("b", EVICT)
        admit("c", EVICT)

        assert index.admit("7", "c", None, EVICT, POLICY) == ["a"]
        times = index.listed_until("7", None)[1]
        assert sorted(m for m, t in times.items() if t) == ["b", "c"]

    @pytest.mark.requirement("LST-04")
    @pytest.mark.parametrize("is_buried", [False, True])
    def test_call_sent_twice_does_not_undo_its_eviction(
        self, *, is_buried: bool
    ) -> None:
        """Others may log in between the two: the limit would let one too many in."""
        for name in "abc":
            admit(name, EVICT)
        if is_buried:
            index.bury("7", "a", NOW_US)

        again = index.admit("7", "a", None, EVICT, POLICY)

        assert again == ([] if is_buried else ["a"])
        times = index.listed_until("7", None)[1]
        assert sorted(m for m, t in times.items() if t) == ["b", "c"]

    def test_buried_member_is_dropped_after_a_minute(
        self, redis_client: redis.Redis
    ) -> None:
        """No call is under way for that long, and the list must not grow."""
        for name in "abcd":
            admit(name, EVICT)
        now_us = redis_seconds(redis_client) * 1_000_000
        index.bury("7", ["a"], now_us - 61_000_000)
        index.bury("7", ["b"], now_us - 50_000_000)

        admit("e")

        assert redis_client.zscore("sa:u:7", "a") is None
        assert redis_client.zscore("sa:u:7", "b") is not None

    def test_burial_enters_nobody(self, redis_client: redis.Redis) -> None:
        """A revocation may have emptied the list meanwhile."""
        index.bury("7", ["a"], NOW_US)

        assert not redis_client.exists("sa:u:7")

    def test_login_is_denied_at_the_limit(self) -> None:
        """The policy deny protects the sessions that are there."""
        admit("a", DENY)
        admit("b", DENY)

        assert admit("c", DENY) is None
        assert sorted(listed()) == ["a", "b"]

    @pytest.mark.parametrize("limit", [EVICT, DENY])
    def test_dead_members_do_not_count(
        self, limit: tuple[int, SessionLimitPolicy]
    ) -> None:
        """A session that idled out must not lock anybody out, nor evict a live one."""
        admit("dead", limit)
        admit("alive", limit)
        sessions.delete("dead")

        assert admit("new", limit) == []
        assert sorted(listed()) == ["alive", "new"]

    def test_replaced_session_makes_room(self) -> None:
        """Logging in again in the same browser is not one device more."""
        admit("a", DENY)
        admit("b", DENY)

        assert admit("b2", DENY, replaced="b") == []
        assert sorted(listed()) == ["a", "b2"]


class TestSwap:
    def test_renewed_id_keeps_the_time_of_login(
        self, redis_client: redis.Redis
    ) -> None:
        """A renewal is no login: it must not save a session from revoke-all."""
        redis_client.zadd("sa:u:7", {"a": 5})

        assert index.swap("7", "a", "b")
        assert index.listed_until("7", None)[1] == {"b": 5}

    def test_call_sent_twice_gives_the_same_answer(
        self, redis_client: redis.Redis
    ) -> None:
        """The second one finds its own work done."""
        redis_client.zadd("sa:u:7", {"a": 5})

        assert index.swap("7", "a", "b")
        assert index.swap("7", "a", "b")

    @pytest.mark.parametrize("score", [None, 0, -5])
    def test_revoked_or_evicted_session_is_not_renewed(
        self, redis_client: redis.Redis, score: int | None
    ) -> None:
        """The revocation came first, so it wins."""
        if score is not None:
            redis_client.zadd("sa:u:7", {"a": score})

        assert not index.swap("7", "a", "b")
        assert "b" not in listed()


class TestNamespace:
    @pytest.mark.parametrize("user_id", ["", ":", "7\r\nDEL x", "{7}", "ü" * 300, "*"])
    def test_odd_user_id_has_an_index_of_its_own(self, user_id: str) -> None:
        """Primary keys may be any text; none may reach another user's index."""
        index.admit("7", "seven", None, NONE, POLICY)

        index.admit(user_id, "odd", None, NONE, POLICY)

        assert listed() == ["seven"]
        assert list(index.listed_until(user_id, None)[1]) == ["odd"]
