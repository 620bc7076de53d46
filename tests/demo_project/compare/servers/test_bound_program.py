"""Programs that are run to their end, or to the end of who runs them."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo_project.compare.servers.bound_program import ProgramFailedError, run_bound
from demo_project.environment import CHECKOUT
from tests.demo_project.demo_process import clean_environment
from tests.harness.patience import is_alive, until

WAITER = "tests.demo_project.compare.servers.waiting_program"
CALLER = f"""
import os
from demo_project.compare.servers.bound_program import run_bound
run_bound({WAITER!r}, {{!r}}, environment=dict(os.environ))
"""


class TestRunBound:
    def test_program_gets_arguments_and_text_and_is_heard(self) -> None:
        """Passwords go in as text: arguments are for every user to read."""
        said = run_bound(
            "base64", "-e", "-", environment=clean_environment(), text="tandem"
        )

        assert said == "dGFuZGVt\n"

    def test_failure_is_told_with_its_last_words(self) -> None:
        """What went wrong stands in the last lines of a traceback."""
        with pytest.raises(ProgramFailedError, match=r"base64 failed: .*No such file"):
            run_bound("base64", "-e", "/missing", environment=clean_environment())

    def test_program_sees_nothing_but_its_own_environment(self) -> None:
        """The person's own shell may say something else about the demo."""
        with pytest.raises(ProgramFailedError, match="'SECRET_PART'"):
            run_bound(WAITER, environment={"ASKED": "SECRET_PART"})

    def test_killed_caller_takes_the_program_along(self, tmp_path: Path) -> None:
        """It would go on writing into a directory that is being removed."""
        note = tmp_path / "pid"
        caller = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", CALLER.format(str(note))],
            cwd=CHECKOUT,
            env=clean_environment(),
        )
        pid = _number_in(note)

        caller.send_signal(signal.SIGKILL)
        caller.wait()

        until(lambda: not is_alive(pid))


def _number_in(note: Path) -> int:
    until(lambda: note.exists() and note.read_text().endswith("\n"))
    return int(note.read_text())
