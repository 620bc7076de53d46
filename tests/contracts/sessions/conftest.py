"""Every test here runs on each kind of server: what they promise is the same.

One Valkey, one Redis, whichever server Sentinel calls the primary, and a Cluster. They
are started at their first use and kept for the run; a missing program is a skip.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pytest
import redis
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey
from tests.harness.cluster_setup import cluster_setup
from tests.harness.redis_programs import require_any_server, require_server
from tests.harness.sentinel_setup import sentinel_setup
from tests.sessionauth.conftest import _own_urls, alice, bob, browser, log_in

__all__ = ["_own_urls", "alice", "bob", "browser", "log_in"]


class Running(Protocol):
    """Servers that run, whatever they are."""

    @property
    def cache(self) -> dict[str, Any]:
        """The alias of ``CACHES`` that leads to them."""

    def client(self) -> redis.Redis:
        """A plain client."""


class OneServer:
    def __init__(self, server: EmbeddedValkey) -> None:
        self.cache = {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": server.url,
        }
        self._url = server.url

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self._url)


@contextmanager
def one_server(kind: str, _directory: Path) -> Iterator[OneServer]:
    with EmbeddedValkey(binary=require_server(kind)) as server:
        yield OneServer(server)


@contextmanager
def sentinel(directory: Path) -> Iterator[Running]:
    with sentinel_setup(require_any_server("redis", "valkey"), directory) as setup:
        yield setup


@contextmanager
def cluster(directory: Path) -> Iterator[Running]:
    with cluster_setup(require_any_server("valkey", "redis"), directory) as setup:
        yield setup


Starter: TypeAlias = Callable[[Path], AbstractContextManager[Running]]
STARTERS: dict[str, Starter] = {
    "valkey": partial(one_server, "valkey"),
    "redis": partial(one_server, "redis"),
    "sentinel": sentinel,
    "cluster": cluster,
}
# Many processes: not beside everything else.
ALONE = {"sentinel", "cluster"}


def keys_in(client: redis.Redis, pattern: str = "*") -> set[bytes]:
    """The keys that there are; a cluster's DBSIZE is that of one node."""
    return set(client.scan_iter(match=pattern))


@pytest.fixture(scope="session")
def started(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], Running]]:
    """Start servers by name, once."""
    with ExitStack() as stack:

        @cache
        def start(name: str) -> Running:
            directory = tmp_path_factory.mktemp(name)
            return stack.enter_context(STARTERS[name](directory))

        yield start


@pytest.fixture(
    params=[
        pytest.param(name, marks=[pytest.mark.serial] if name in ALONE else [])
        for name in STARTERS
    ]
)
def redis_client(
    request: pytest.FixtureRequest,
    started: Callable[[str], Running],
    settings: Settings,
) -> Iterator[redis.Redis]:
    """Put the sessions on one of the servers; return a plain client of it."""
    running = started(request.param)
    patient = {"SOCKET_TIMEOUT": 30, "SOCKET_CONNECT_TIMEOUT": 30}
    options = {**running.cache.get("OPTIONS", {}), **patient}
    settings.CACHES = {"default": {**running.cache, "OPTIONS": options}}
    with running.client() as client:
        yield client
