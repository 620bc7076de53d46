"""When a login was last used: noted now and then, never at every request."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from demo_project.embedded_valkey import EmbeddedValkey
from tests.contracts.visitor import Scheme, Visitor

REQUESTS = 100
# How long a key lives on is set while it is read, and is no part of what it holds.
NO_WRITE = {"pexpire"}
WRITING_SQL = ("INSERT", "UPDATE", "DELETE")


@contextmanager
def own_server(valkey: EmbeddedValkey) -> Iterator[redis.Redis]:
    """Keep sessions and denylist on a server that nobody else writes to."""
    caches = {"default": {**settings.CACHES["default"], "LOCATION": valkey.url}}
    with (
        override_settings(CACHES=caches),
        redis.Redis.from_url(valkey.url) as client,
    ):
        yield client


def writes(client: redis.Redis) -> int:
    """How many commands that change what is stored were run so far."""
    flags = {name: about["flags"] for name, about in client.command().items()}
    stats = client.info("commandstats")
    names = {name.removeprefix("cmdstat_"): name for name in stats}
    return sum(
        stats[names[name]]["calls"]
        for name in names.keys() - NO_WRITE
        if "write" in flags.get(name, ())
    )


@pytest.mark.requirement("LST-07")
def test_hundred_requests_write_nothing(
    alice: User, scheme: Scheme, valkey: EmbeddedValkey
) -> None:
    """A write for every read would make the store as slow as its disk."""
    with own_server(valkey) as client:
        began = time.monotonic()
        visitor = Visitor(scheme)
        visitor.log_in()
        # The first request checks the user's row, and fills the denylist.
        assert visitor.is_logged_in()
        before = writes(client)
        assert before > 0

        with CaptureQueriesContext(connection) as queries:
            for _ in range(REQUESTS):
                assert visitor.is_logged_in()

        # On a busy machine a minute may pass: then last use and user check are noted.
        minutes = (time.monotonic() - began) // 60
        assert writes(client) - before <= 2 * minutes
    assert not [q for q in queries if q["sql"].startswith(WRITING_SQL)]
