"""Programs end where they are asked to, also where Python loses the exception."""

import os
import signal
import subprocess
import sys

import pytest

from demo_project.environment import CHECKOUT

# The signal comes while a weak reference's callback runs, as one of an import may.
LOSE_THE_SIGNAL = """
import os, signal, sys, time, weakref
from demo_project import ending
ending.{handlers}()
class Thing:
    pass
def ask(_):
    os.kill(os.getpid(), {number})
    for _ in range(1000):
        pass
thing = Thing()
reference = weakref.ref(thing, ask)
del thing
print("still here", flush=True)
ending.leave_if_asked()
print("not asked", flush=True)
"""


def _run(program: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("handlers", ["leave_by_signals", "be_interrupted_by_signals"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_that_python_loses_ends_the_program_after_all(
    handlers: str, number: signal.Signals
) -> None:
    """Ctrl-C during an import was heard by nobody, and the demo served for ever."""
    ran = _run(LOSE_THE_SIGNAL.format(handlers=handlers, number=int(number)))

    assert ran.stdout == "still here\n"
    assert ran.stderr.rstrip().endswith("KeyboardInterrupt")
    # What was lost is not told as a fault: it ends in good order where that is caught.
    assert ran.stderr.count("Traceback") == 1


def test_other_lost_errors_are_told() -> None:
    """A fault that nobody can catch must at least be seen."""
    ran = _run(
        "import weakref; from demo_project import ending; ending.leave_by_signals(); "
        "thing = weakref.WeakSet(); "
        "reference = weakref.ref(thing, lambda _: 1 / 0); del thing"
    )

    assert ran.returncode == 0
    assert "ZeroDivisionError" in ran.stderr


def test_program_that_nobody_asked_goes_on() -> None:
    """It must not end by itself."""
    ran = _run(
        "from demo_project import ending; ending.leave_by_signals(); "
        "ending.leave_if_asked(); print('goes on')"
    )

    assert ran.stdout == "goes on\n", os.linesep + ran.stderr
