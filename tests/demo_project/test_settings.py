"""The demo's settings: usable by every command, and refused in words that help."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from demo_project.environment import CHECKOUT
from tests.demo_project.demo_process import clean_environment


def _manage(
    *arguments: str, directory: Path, **variables: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env={**clean_environment(), "DEMO_DIR": str(directory), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestCommandsWithoutAServer:
    @pytest.mark.parametrize("scheme", ["jwt", "session"])
    def test_check_passes_in_a_fresh_directory(
        self, scheme: str, tmp_path: Path
    ) -> None:
        """The keys are made by `make demo`; their absence is no fault of settings."""
        ran = _manage("check", directory=tmp_path / "new", AUTH_SCHEME=scheme)

        assert ran.returncode == 0, ran.stderr

    def test_key_directory_without_keys_is_still_an_error(self, tmp_path: Path) -> None:
        """Only a directory that was never made is excused."""
        (tmp_path / "keys").mkdir()

        ran = _manage("check", directory=tmp_path)

        assert ran.returncode == 1
        assert "jwtauth.E030" in ran.stderr

    def test_migrations_are_complete(self, tmp_path: Path) -> None:
        """A forgotten migration shows up at the first start of somebody else."""
        ran = _manage("makemigrations", "--check", directory=tmp_path)

        assert ran.returncode == 0, ran.stdout

    def test_check_passes_without_debug(self, tmp_path: Path) -> None:
        """The comparison runs the demo that way."""
        ran = _manage("check", directory=tmp_path, DEMO_DEBUG="0", DEMO_COUNTING="1")

        assert ran.returncode == 0, ran.stderr

    def test_postgresql_address_is_taken(self, tmp_path: Path) -> None:
        """SQLite is the default, not the limit."""
        url = "postgresql:///tandem?host=/run/elsewhere"
        command = "from django.db import connection; print(connection.vendor)"

        ran = _manage("shell", "-c", command, directory=tmp_path, DATABASE_URL=url)

        assert ran.stdout.splitlines()[-1] == "postgresql"


class TestScheme:
    @pytest.mark.parametrize(
        ("scheme", "login_url"),
        [("jwt", "jwtauth:login"), ("session", "sessionauth:login")],
    )
    def test_login_page_is_that_of_the_chosen_scheme(
        self, scheme: str, login_url: str, tmp_path: Path
    ) -> None:
        """What asks for a login without naming a side gets the one that is on."""
        command = "from django.conf import settings; print(settings.LOGIN_URL)"

        ran = _manage("shell", "-c", command, directory=tmp_path, AUTH_SCHEME=scheme)

        assert ran.stdout.splitlines()[-1] == login_url


class TestRefusals:
    @pytest.mark.parametrize(
        ("variables", "said"),
        [
            ({"AUTH_SCHEME": "both"}, 'set it to "jwt" or "session".'),
            ({"DEMO_HOSTS": "demo.example"}, "DEMO_HOSTS names demo.example"),
            ({"DATABASE_URL": "mysql://h/db"}, "DATABASE_URL starts with 'mysql'"),
        ],
    )
    def test_last_line_names_variable_and_cure(
        self, variables: dict[str, str], said: str, tmp_path: Path
    ) -> None:
        """It is the line that is read."""
        ran = _manage("check", directory=tmp_path, **variables)

        assert ran.returncode == 1
        assert said in ran.stderr.splitlines()[-1]


def test_production_settings_leave_nothing_for_check_deploy_to_say() -> None:
    """Our own example must meet the checks that we ask of others."""
    ran = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=CHECKOUT,
        env={
            **clean_environment(),
            "DJANGO_SETTINGS_MODULE": "tests.settings_production",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    # Redis, which one of the checks asks, is not there; that is no fault of settings.
    said = re.findall(r"\((\w+\.\w+)\)", ran.stdout + ran.stderr)
    assert set(said) <= {"jwtauth.I001", "sessionauth.I001"}
