"""What stores hold: a kind of key that was passed over would count as nothing left."""

import os

import pytest
from redis import Redis

from demo_project.compare.measures.operations import holds
from demo_project.compare.stores.raw_content import entries_of, lasting_entries


@pytest.fixture
def redis() -> Redis:
    return Redis.from_url(os.environ["TEST_REDIS_URL"])


@pytest.mark.usefixtures("redis")
class TestEntries:
    def test_every_kind_is_read(self, redis: Redis) -> None:
        """A credential might be in any of them, as bytes that are no text too."""
        redis.set("text", b"\xe9")
        redis.hset("hash", "name", "value")
        redis.zadd("sorted", {"member": 1})
        redis.sadd("set", "one")

        found = entries_of(os.environ["TEST_REDIS_URL"])

        wanted = {"text": ["\xe9"], "hash": ["name value"]}
        wanted |= {"sorted": ["member"], "set": ["one"]}
        assert {key: found[key] for key in wanted} == wanted

    def test_unknown_kind_is_an_error(self, redis: Redis) -> None:
        """Whoever adds one must teach the comparison to read it."""
        redis.rpush("list", "one")

        with pytest.raises(ValueError, match="list is of an unexpected type"):
            entries_of(os.environ["TEST_REDIS_URL"])

    def test_entries_last_where_the_key_does_not_expire(self, redis: Redis) -> None:
        """What expires by itself needs no job."""
        before = lasting_entries(os.environ["TEST_REDIS_URL"])
        redis.zadd("lasting", {"a": 1, "b": 2})
        redis.set("expiring", "value", ex=60)

        assert lasting_entries(os.environ["TEST_REDIS_URL"]) - before == 2


class TestHolds:
    @pytest.mark.parametrize(
        "stored",
        ["c2VjcmV0LWlk", b"c2VjcmV0LWlk".hex(), "secret-id", b"secret-id".hex()],
    )
    def test_credential_is_found_in_each_spelling(self, stored: str) -> None:
        """Text, its digits, and what it spells are equally good to a thief."""
        assert holds(f"key ['{stored}']", ["c2VjcmV0LWlk"])

    def test_digest_of_it_is_none(self) -> None:
        """What can't be sent opens nothing."""
        assert not holds("key ['0a1b2c']", ["c2VjcmV0LWlk"])
