"""Django's own tests pass with our engine and middleware, but for a list of reasons."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

import pytest

from tests.django_suites import runner, sources

CHECKOUT = Path(__file__).parents[2]
SUITES = {
    "sessions": (
        "sessions_tests",
        "tests.django_suites.engine_cases",
        "messages_tests",
        "csrf_tests",
        "test_client",
        "test_client_regress",
        "flatpages_tests",
        "view_tests",
    ),
    "auth": ("auth_tests",),
    "admin": ("admin_views",),
}


@pytest.mark.slow
@pytest.mark.requirement("SES-05", "SES-16", "SES-19")
@pytest.mark.parametrize("suite", SUITES)
def test_django_suite_has_no_surprise(suite: str) -> None:
    """Whatever works with Django's engines must work with this one."""
    tests = sources.require_tests_of_django()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.django_suites.settings"
    result = subprocess.run(  # noqa: S603 # our own module
        [
            sys.executable,
            "-m",
            "tests.django_suites.runner",
            str(tests),
            *SUITES[suite],
        ],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert "\nRan " in result.stderr


class Case(unittest.TestCase):
    def good(self) -> None:
        pass

    def bad(self) -> None:
        raise AssertionError

    def bad_in_part(self) -> None:
        with self.subTest():
            raise AssertionError


PREFIX = f"{__name__}.Case."


@pytest.mark.parametrize(
    ("test", "must_fail", "told"),
    [
        ("good", set(), ""),
        ("bad", {"bad"}, ""),
        ("bad_in_part", {"bad_in_part"}, ""),
        ("bad", set(), f"FAILED {PREFIX}bad\n"),
        ("bad_in_part", set(), f"FAILED {PREFIX}bad_in_part\n"),
        ("good", {"good"}, f"STALE EXCLUSION {PREFIX}good\n"),
        ("good", {"gone"}, f"STALE EXCLUSION {PREFIX}gone\n"),
    ],
)
def test_surprise_is_counted_and_named(
    test: str,
    must_fail: set[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A list of exclusions that nobody checks hides what it was made to show."""
    monkeypatch.setattr(
        runner, "excluded", lambda _: {PREFIX + name for name in must_fail}
    )
    suite = unittest.TestSuite([Case(test)])
    result = unittest.TextTestResult(sys.stderr, descriptions=False, verbosity=0)
    suite.run(result)
    django_runner = runner.Runner()
    django_runner.labels = []

    surprises = django_runner.suite_result(suite, result)

    assert surprises == bool(told)
    assert capsys.readouterr().out == told


def test_sources_that_can_not_be_fetched_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a distribution would look like a whole one the next time."""
    monkeypatch.setattr(sources.sys, "executable", "/nonexistent")

    assert not sources.fetch("5.2", tmp_path)
    assert list(tmp_path.iterdir()) == []
