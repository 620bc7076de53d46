"""Fixtures for every test: empty servers before it, a server of its own on demand."""

import os
from collections.abc import Iterator

import pytest
import redis

from demo_project.embedded_valkey import EmbeddedValkey


@pytest.fixture(scope="session")
def redis_client() -> Iterator[redis.Redis]:
    """A plain client of this worker's own Redis database."""
    with redis.Redis.from_url(os.environ["TEST_REDIS_URL"]) as client:
        yield client


@pytest.fixture(autouse=True)
def _empty_redis(redis_client: redis.Redis) -> None:
    """Give every test an empty Redis database."""
    redis_client.flushdb()


@pytest.fixture
def valkey() -> Iterator[EmbeddedValkey]:
    """A running server for this test alone, to be stopped, paused and killed."""
    with EmbeddedValkey() as server:
        yield server
