"""Instants that are shown are the same in a project of any time zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django import Settings

from tests.contracts.visitor import Scheme, Visitor

# More than a slow machine takes, less than any zone is off.
SOON = timedelta(minutes=10)


@pytest.fixture(params=[True, False], ids=["USE_TZ", "no USE_TZ"])
def _far_zone(
    request: pytest.FixtureRequest, settings: Settings, transactional_db: None
) -> Iterator[None]:
    """Live far from Greenwich; connections keep the zone that they were opened in."""
    settings.USE_TZ = request.param
    settings.TIME_ZONE = "Asia/Kathmandu"
    connection.close()
    yield
    connection.close()


@pytest.mark.postgres
@pytest.mark.requirement("TMO-08")
@pytest.mark.usefixtures("_far_zone")
def test_list_of_logins_tells_instants_in_utc(alice: User, scheme: Scheme) -> None:
    """A front end must not know where the server is."""
    visitor = Visitor(scheme)
    visitor.log_in()

    (login,) = visitor.call("get", "auth/sessions/").json()

    now = datetime.now(UTC)
    for name in ("created_at", "last_used_at"):
        assert abs(now - datetime.fromisoformat(login[name])) < SOON
    assert datetime.fromisoformat(login["expires_at"]) > now
