"""A directory for one run that goes with it, even if the run is killed.

Several servers live in it, each under a watchdog of its own. A directory that one of
them removed would be missing to the others, so it has a watchdog too, whose program,
this file, makes it and waits. When it is told to end it waits for the others: each
holds a lock on a file ``<its directory>/**/*.lock`` until it is gone.
"""

import contextlib
import fcntl
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from demo_project.environment import CHECKOUT
from demo_project.watchdog import GRACE_SECONDS, GuardedProcess, ServerCommand


@contextlib.contextmanager
def throw_away_directory() -> Iterator[Path]:
    """Yield a new, empty directory; remove it with all that is in it.

    Raises:
        OSError: it could not be made; stderr has the reason.
    """
    name = f"tandem-compare-{secrets.token_hex(4)}"
    directory = Path(tempfile.gettempdir(), name).absolute()
    guard = GuardedProcess(
        ServerCommand(
            argv=[sys.executable, "-m", __name__, str(directory)],
            cwd=str(CHECKOUT),
            log=None,
            remove=[str(directory)],
        )
    )
    try:
        _wait_until_made(directory, guard)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        guard.close()


@contextlib.contextmanager
def in_use(directory: Path) -> Iterator[int]:
    """Hold the lock of a server that lives in ``directory``; yield its descriptor.

    A server that inherits it keeps the lock until it ends, however it ends.
    """
    with (directory / "server.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield lock.fileno()


def _wait_until_made(directory: Path, guard: GuardedProcess) -> None:
    while not directory.exists():
        if guard.has_exited(0.02):
            raise OSError(f"The directory {directory} could not be made.")


def _wait_for_the_others(directory: Path) -> None:
    signal.sigwait({signal.SIGTERM})
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and _is_in_use(directory):
        time.sleep(0.05)


def _is_in_use(directory: Path) -> bool:
    return any(_is_locked(path) for path in directory.glob("*/**/*.lock"))


def _is_locked(path: Path) -> bool:
    try:
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # It was removed meanwhile.
    return False


def _guard(directory: Path) -> None:
    # A run may be killed at any time: nothing is there before this program can wait.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    directory.mkdir(mode=0o700)
    _wait_for_the_others(directory)


if __name__ == "__main__":
    _guard(Path(sys.argv[1]))
