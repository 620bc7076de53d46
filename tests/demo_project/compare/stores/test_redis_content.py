"""What is counted as stored in Redis, on a real server."""

import pytest
import redis

from demo_project.compare.stores.redis_content import (
    memory_of,
    new_bytes,
    new_keys,
    redis_content,
)

SHARD = "jwtauth:denylist:0a"
SESSION = "sa:s:" + "0" * 64


class TestBytes:
    def test_key_and_fields_of_a_hash_count(self, redis_client: redis.Redis) -> None:
        """Names take as much room as values."""
        redis_client.hset("sa:s:ab", mapping={"c": "123", ":user": "1"})

        found = redis_content(redis_client)

        assert new_bytes({}, found) == len("sa:s:ab") + len("c123") + len(":user1")

    def test_score_of_an_entry_counts_eight_bytes(
        self, redis_client: redis.Redis
    ) -> None:
        """Its text differs between versions, and between an old score and a new one."""
        redis_client.zadd("sa:u:1", {"member": 1.5})

        assert new_bytes({}, redis_content(redis_client)) == len("sa:u:1member") + 8

    def test_only_what_has_come_counts(self, redis_client: redis.Redis) -> None:
        """Other logins are in the same keys, or end meanwhile."""
        redis_client.zadd("sa:u:1", {"old": 1})
        redis_client.hset("sa:s:ended", "c", "1")
        before = redis_content(redis_client)
        redis_client.zadd("sa:u:1", {"new": 2})
        redis_client.delete("sa:s:ended")

        after = redis_content(redis_client)

        assert new_bytes(before, after) == len("new") + 8
        assert new_keys(before, after) == []

    def test_time_of_the_last_use_is_left_out(self, redis_client: redis.Redis) -> None:
        """It comes after a minute: a slow run would count more than a quick one."""
        redis_client.hset(SESSION, "c", "1")
        before = redis_content(redis_client)
        redis_client.hset(SESSION, "u", "1234567890123")

        assert new_bytes(before, redis_content(redis_client)) == 0

    def test_key_of_an_unknown_type_is_an_error(
        self, redis_client: redis.Redis
    ) -> None:
        """What is not counted must not pass for nothing."""
        redis_client.rpush("list", "a")

        with pytest.raises(TypeError, match="list"):
            redis_content(redis_client)


class TestWhatAllLoginsShare:
    def test_mark_of_a_complete_shard_is_no_logins(
        self, redis_client: redis.Redis
    ) -> None:
        """It comes with the first question, for every family of the shard."""
        redis_client.zadd(SHARD, {"complete": "inf"})

        assert redis_content(redis_client) == {}

    def test_entry_of_a_shard_counts_without_the_shards_name(
        self, redis_client: redis.Redis
    ) -> None:
        """An ended login leaves its entry; the shard was there before."""
        redis_client.zadd(SHARD, {"complete": "inf", "sid:a": 1})

        found = redis_content(redis_client)

        assert new_bytes({}, found) == len("sid:a") + 8
        assert new_keys({}, found) == []

    def test_entry_of_the_list_of_last_logins_counts_without_the_lists_name(
        self, redis_client: redis.Redis
    ) -> None:
        """Every user has one entry in it, and all have one list."""
        redis_client.zadd("sa:l", {"1": 1})

        found = redis_content(redis_client)

        assert new_bytes({}, found) == len("1") + 8
        assert new_keys({}, found) == []


class TestMemory:
    def test_server_is_asked_about_each_key(self, redis_client: redis.Redis) -> None:
        """It needs more than what was written."""
        redis_client.hset("a", "field", "x" * 1_000)
        redis_client.hset("b", "field", "x" * 1_000)

        one = memory_of(redis_client, [b"a"])

        assert one > 1_000
        assert memory_of(redis_client, [b"a", b"b"]) == 2 * one
