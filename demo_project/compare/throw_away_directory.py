"""A directory for one run that goes with it, even if the run is killed.

Several servers live in it, each under a watchdog of its own. A directory that one of
them removed would be missing to the others, so it has a watchdog too, whose program,
this file, does nothing but wait; when it is told to end it gives the servers a moment.
"""

import contextlib
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from demo_project.environment import CHECKOUT
from demo_project.watchdog import GuardedProcess, ServerCommand

# The servers are told to end at the same time; nobody waits for this in good order.
OTHERS_TO_END_SECONDS = 3.0


@contextlib.contextmanager
def throw_away_directory() -> Iterator[Path]:
    """Yield a new, empty directory; remove it with all that is in it."""
    directory = Path(tempfile.mkdtemp(prefix="tandem-compare-"))
    guard = None
    try:
        guard = GuardedProcess(
            ServerCommand(
                argv=[sys.executable, "-m", __name__, str(directory)],
                cwd=str(CHECKOUT),
                log=None,
                remove=[str(directory)],
            )
        )
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        if guard is not None:
            guard.close()


def _wait_for_the_others(directory: Path) -> None:
    signal.sigwait({signal.SIGTERM})
    deadline = time.monotonic() + OTHERS_TO_END_SECONDS
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    _wait_for_the_others(Path(sys.argv[1]))
