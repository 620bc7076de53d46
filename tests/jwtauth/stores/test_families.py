"""Families in the database: the times of a login."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django.fixtures import Settings

from jwtauth.models import TokenFamily
from jwtauth.stores import families
from tests.jwtauth.caller import Caller


@pytest.mark.postgres
class TestInstants:
    @pytest.mark.requirement("TMO-08")
    def test_login_without_use_tz_works_and_keeps_its_times(
        self, alice: User, caller: Caller, settings: Settings
    ) -> None:
        """Naive instants are the time zone's, and tokens count in UTC."""
        settings.TIME_ZONE = "Asia/Tokyo"
        settings.USE_TZ = False
        connection.close()

        body = caller.login(alice)

        found = families.find(TokenFamily.objects.get().pk.bytes)
        assert abs((found.auth_time - found.now).total_seconds()) < 60
        assert caller.refresh(body["refresh"]).status_code == 200
        connection.close()
