"""Instants in the database: the same when read as when written, whatever the clocks."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django.fixtures import Settings

from jwtauth.models import TokenFamily
from jwtauth.stores.instants import aware, stored
from tests.jwtauth.caller import Caller

# In Berlin the hour from 2 to 3 comes twice here, and is missing there.
AUTUMN = datetime(2026, 10, 25, tzinfo=UTC)
SPRING = datetime(2026, 3, 29, tzinfo=UTC)


@pytest.mark.postgres
class TestChangeOfClocks:
    @pytest.mark.requirement("TMO-08")
    @pytest.mark.parametrize("use_tz", [True, False])
    @pytest.mark.parametrize("night", [AUTUMN, SPRING], ids=["autumn", "spring"])
    def test_instant_is_read_as_it_was_written(
        self,
        alice: User,
        caller: Caller,
        settings: Settings,
        night: datetime,
        *,
        use_tz: bool,
    ) -> None:
        """An hour that comes twice must not make what is past future, or a retry."""
        settings.USE_TZ = use_tz
        settings.TIME_ZONE = "Europe/Berlin"
        connection.close()
        caller.login(alice)

        for quarter in range(12):
            instant = night + timedelta(minutes=15 * quarter)
            TokenFamily.objects.update(rotated_at=stored(instant))

            assert aware(TokenFamily.objects.get().rotated_at) == instant
        connection.close()
