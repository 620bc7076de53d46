"""Another user model than Django's, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
OPTIONS = (
    *("-q", "-o", "addopts=", "-p", "no:randomly", "-p", "no:valkey"),
    *("-p", "no:cacheprovider", "-p", "no:xdist"),
    "--ds=tests.custom_user.session_settings",
)


@pytest.mark.slow
@pytest.mark.requirement("SES-04", "SES-16", "CSR-03")
def test_user_model_of_another_kind_works_in_full() -> None:
    """Half of all projects name users by e-mail address; many have UUID keys."""
    result = subprocess.run(  # noqa: S603 # our own module
        [
            sys.executable,
            "-m",
            "pytest",
            *OPTIONS,
            "tests/custom_user/session_cases.py",
        ],
        cwd=CHECKOUT,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert " passed" in result.stdout
    assert "skipped" not in result.stdout
