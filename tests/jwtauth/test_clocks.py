"""Whose clock counts: the database's for a login, whatever the web hosts think."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.jwtauth.caller import Caller
from tests.jwtauth.conftest import age

ERRORS = pytest.mark.parametrize(
    "error", [timedelta(days=400), timedelta(days=-400)], ids=["ahead", "behind"]
)


@pytest.mark.requirement("TMO-08")
class TestWrongClockOfAHost:
    @ERRORS
    def test_refresh_within_the_idle_time_counts(
        self,
        alice: User,
        caller: Caller,
        monkeypatch: pytest.MonkeyPatch,
        error: timedelta,
    ) -> None:
        """Nobody is logged out because one of many hosts is wrong."""
        token = caller.login(alice)["refresh"]
        age(timedelta(days=6))
        _set_clock(monkeypatch, error)

        assert caller.refresh(token).status_code == 200

    @ERRORS
    @pytest.mark.parametrize("idle", [timedelta(days=8), timedelta(days=31)], ids=repr)
    def test_refresh_after_the_end_is_refused(
        self,
        alice: User,
        caller: Caller,
        monkeypatch: pytest.MonkeyPatch,
        error: timedelta,
        idle: timedelta,
    ) -> None:
        """Nor does a login go on on a host whose clock stands still."""
        token = caller.login(alice)["refresh"]
        age(idle)
        _set_clock(monkeypatch, error)

        assert caller.refresh(token).status_code == 401


def _set_clock(monkeypatch: pytest.MonkeyPatch, error: timedelta) -> None:
    wrong = time.time() + error.total_seconds()
    instant = timezone.now() + error
    monkeypatch.setattr("time.time", lambda: wrong)
    monkeypatch.setattr("django.utils.timezone.now", lambda: instant)
