"""The access list and the settings of the how-to on Redis, tried on a server."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth import revoke_all
from sessionauth.stores.servers import store_of
from tests.sessionauth.conftest import use_server

PAGE = (Path(__file__).parents[2] / "docs/how-to/protect-redis.md").read_text("utf-8")
(ACCESS_LIST,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
(SETTINGS,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def restricted(valkey: EmbeddedValkey, settings: Settings) -> Iterator[redis.Redis]:
    """An administrator's client of a server where sessions have that list alone."""
    with redis.Redis.from_url(valkey.url) as server:
        server.execute_command(*ACCESS_LIST.split())
        use_server(settings, valkey.url, USERNAME="sessions", PASSWORD="PASSWORD")
        yield server


@pytest.mark.requirement("SES-15")
def test_access_list_is_enough_for_all_that_the_package_does(
    restricted: redis.Redis, alice: User, log_in: Callable[..., Client]
) -> None:
    """A command too few would be an outage on the day that it is needed."""
    client, other = log_in(), log_in()
    client.get("/put/?colour=blue", secure=True)
    listed = client.get("/auth/sessions/", secure=True)
    (handle,) = [s["handle"] for s in listed.json() if not s["current"]]
    ended = client.delete(f"/auth/sessions/{handle}/", secure=True)
    restricted.delete(f"sa:u:{alice.pk}")
    call_command("sessionauth_revoke", reindex=True)

    assert ended.status_code == 204
    assert other.get("/api/me/", secure=True).status_code == 401
    assert revoke_all(alice, "test") == 1
    assert client.get("/api/me/", secure=True).status_code == 401
    call_command("sessionauth_revoke", all=True)
    assert {e["reason"] for e in restricted.acl_log()} == set()


@pytest.mark.requirement("SES-15")
@pytest.mark.parametrize(
    "forbidden", [["SET", "x", "1"], ["FLUSHDB"], ["KEYS", "*"], ["HGETALL", "x"]]
)
def test_access_list_allows_nothing_else(
    restricted: redis.Redis, valkey: EmbeddedValkey, forbidden: list[str]
) -> None:
    """A list that allows everything would also be enough."""
    options = {"username": "sessions", "password": "PASSWORD"}
    with (
        redis.Redis.from_url(valkey.url, **options) as limited,
        pytest.raises(redis.exceptions.NoPermissionError),
    ):
        limited.execute_command(*forbidden)


@pytest.mark.requirement("SES-15")
def test_settings_verify_the_servers_certificate_and_name(settings: Settings) -> None:
    """TLS with whoever answers protects from nobody."""
    names: dict[str, Any] = {"REDIS_PASSWORD": "secret"}
    exec(SETTINGS, names)  # noqa: S102 # our own page
    settings.CACHES = names["CACHES"]

    (client,) = store_of("default").servers.primaries()

    connection = client.connection_pool.make_connection()
    assert isinstance(connection, redis.SSLConnection)
    assert connection.cert_reqs.name == "CERT_REQUIRED"
    assert connection.check_hostname
    assert (connection.host, connection.ca_certs) == (
        "redis.internal",
        "/etc/ssl/redis-ca.pem",
    )
