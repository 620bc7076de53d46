"""The stopwatch: what it takes for the moment of the end, and for none."""

import itertools
import time
from collections.abc import Callable, Mapping
from threading import Event, current_thread, main_thread
from types import SimpleNamespace

import pytest

from demo_project.compare.measures import revocation
from demo_project.compare.measures.revocation import (
    ENDINGS,
    Attempt,
    time_until_refused,
)
from demo_project.devices import Device, RequestFailedError
from demo_project.http_caller import Answer

[REVOKE_ONE, _] = ENDINGS


class _Device:
    """Answers calls and a logout as it is told."""

    def __init__(self, call: Callable[[], int], log_out: Callable[[], int]) -> None:
        self._call, self._log_out = call, log_out

    def log_in(self, username: str, password: str) -> None:
        raise NotImplementedError

    def call(self, path: str) -> Answer:
        return Answer(status=self._call())

    def post(self, path: str, body: Mapping[str, str]) -> Answer:
        raise NotImplementedError

    def log_out(self) -> Answer:
        return Answer(status=self._log_out())

    log_out_everywhere = log_out

    def copy_to(self, caller: object) -> Device:
        raise NotImplementedError


def _attempt(call: Callable[[], int], log_out: Callable[[], int]) -> Attempt:
    device = _Device(call, log_out)
    return Attempt(victim=device, revoker=device)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation, "LONGEST_WAIT_SECONDS", 0.05)


def test_login_that_ends_has_a_time() -> None:
    """From the sending of the logout to the first refusal."""
    ended = Event()

    def log_out() -> int:
        ended.set()
        return 204

    attempt = _attempt(lambda: 401 if ended.is_set() else 200, log_out)

    seconds = time_until_refused(attempt, REVOKE_ONE)

    assert seconds is not None
    assert seconds >= 0


def test_slow_logout_is_waited_for() -> None:
    """A busy machine must not pass for a scheme that doesn't end logins."""
    ended = Event()

    def log_out() -> int:
        time.sleep(4 * revocation.LONGEST_WAIT_SECONDS)
        ended.set()
        return 204

    attempt = _attempt(lambda: 401 if ended.is_set() else 200, log_out)

    assert time_until_refused(attempt, REVOKE_ONE) is not None


def test_login_that_goes_on_has_none() -> None:
    """It is accepted for as long as we wait after the logout was answered."""
    assert time_until_refused(_attempt(lambda: 200, lambda: 204), REVOKE_ONE) is None


def test_refusal_before_the_logout_is_no_measurement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was another cause that ended the login."""

    def clock() -> float:
        return 20.0 if current_thread() is main_thread() else 10.0

    monkeypatch.setattr(revocation, "time", SimpleNamespace(perf_counter=clock))

    with pytest.raises(RequestFailedError, match="before it was ended"):
        time_until_refused(_attempt(lambda: 401, lambda: 204), REVOKE_ONE)


def test_refused_logout_is_no_measurement() -> None:
    """The login was not ended by what the row is about."""
    with pytest.raises(RequestFailedError, match="answered 403"):
        time_until_refused(_attempt(lambda: 401, lambda: 403), REVOKE_ONE)


def test_ctrl_c_before_the_logout_ends_the_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing else would, until the token expires."""
    calls = itertools.count()
    most = 1000

    def call() -> int:
        time.sleep(0.01)
        return 200 if next(calls) < most else 500

    def clock() -> float:
        if current_thread() is main_thread():
            raise KeyboardInterrupt
        return 10.0 + next(calls)

    monkeypatch.setattr(revocation, "time", SimpleNamespace(perf_counter=clock))

    with pytest.raises(KeyboardInterrupt):
        time_until_refused(_attempt(call, lambda: 204), REVOKE_ONE)

    assert next(calls) < most
