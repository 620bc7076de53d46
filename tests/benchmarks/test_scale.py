"""The program that stores a million logins, with a few hundred."""

import subprocess
import sys

import pytest

from benchmarks.budgets import BUDGETS
from demo_project.environment import CHECKOUT

# Ten seconds where nothing else runs; what takes longer than this hangs.
MEASURING_SECONDS = 600


@pytest.mark.slow
@pytest.mark.postgres
def test_every_row_of_it_is_measured() -> None:
    """It takes minutes as it is, so nobody runs it: it hung, unseen, half-way."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.small_scale"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=MEASURING_SECONDS,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    measured = {line.partition(":")[0] for line in run.stdout.splitlines()}
    assert measured == {name for name in BUDGETS if name.startswith("scale.")}
    assert "200 logins, refresh" in run.stdout
