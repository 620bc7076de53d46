"""The share of the hash in a login: taken in the same request, off the same hash."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.hashers import (
    PBKDF2PasswordHasher,
    check_password,
    get_hashers,
    make_password,
)
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from demo_project.compare.counting.middleware import CountingMiddleware
from demo_project.compare.counting.timed_hasher import QUICK_ITERATIONS, TimedHasher
from demo_project.environment import CHECKOUT
from tests.demo_project.demo_process import clean_environment

DJANGO = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
OURS = "demo_project.compare.counting.timed_hasher.TimedHasher"
PASSWORD = "a-password-for-tests"

PRINT_ALGORITHMS = """
import django; django.setup()
from django.conf import global_settings
from django.contrib.auth.hashers import get_hashers
from django.utils.module_loading import import_string
print([hasher.algorithm for hasher in get_hashers()] == [
    import_string(path).algorithm for path in global_settings.PASSWORD_HASHERS
], type(get_hashers()[0]).__name__)
"""


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    """Our hasher alone, and fast."""
    settings.PASSWORD_HASHERS = [OURS]
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1_000)


def _microseconds(hashes: int) -> int:
    """Return what a request that verifies a password so many times reports."""
    stored = make_password(PASSWORD)

    def get_response(_request: HttpRequest) -> HttpResponse:
        for _ in range(hashes):
            assert check_password(PASSWORD, stored)
        return HttpResponse()

    request = RequestFactory().get("/", headers={"X-Count": "1"})
    return int(CountingMiddleware(get_response)(request)["X-Count-Hash"])


@pytest.mark.usefixtures("timed")
class TestTimedHasher:
    def test_request_that_verifies_a_password_reports_the_time(self) -> None:
        """Without it, the hash would pass for what the scheme costs."""
        assert _microseconds(hashes=1) > 0

    def test_request_without_a_hash_reports_none(self) -> None:
        """A request must not inherit the time of the last one."""
        _microseconds(hashes=1)

        assert _microseconds(hashes=0) == 0

    def test_hash_outside_of_a_request_is_taken_silently(self) -> None:
        """The throw-away user is created by a program of its own."""
        assert check_password(PASSWORD, make_password(PASSWORD))

    @pytest.mark.parametrize(
        ("iterations", "is_renewed"), [(QUICK_ITERATIONS, False), (900, True)]
    )
    def test_quick_hash_is_left_alone_and_an_old_one_is_renewed(
        self,
        iterations: int,
        *,
        is_renewed: bool,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A login that hashed anew and saved the user would be another login."""
        monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 2_000)
        with override_settings(PASSWORD_HASHERS=[DJANGO]):
            stored = PBKDF2PasswordHasher().encode(
                PASSWORD, "a-salt-of-twenty-two-x", iterations
            )
        [hasher] = get_hashers()

        assert isinstance(hasher, TimedHasher)
        assert hasher.verify(PASSWORD, stored)
        assert hasher.must_update(stored) is is_renewed


def test_counting_demo_has_djangos_hashers_and_times_the_first(tmp_path: Path) -> None:
    """Two hashers of one algorithm would leave it to chance which one is used."""
    environment = {
        **clean_environment(),
        "DEMO_DIR": str(tmp_path),
        "DEMO_COUNTING": "1",
        "DJANGO_SETTINGS_MODULE": "demo_project.settings",
    }

    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PRINT_ALGORITHMS],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ran.stdout.split() == ["True", "TimedHasher"], ran.stderr
