"""Wait for what other processes do, as long as a busy machine may need for it."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_SECONDS = 60.0


def until(holds: Callable[[], bool], within: float = PATIENCE_SECONDS) -> None:
    """Return as soon as ``holds()`` is true.

    Raises:
        TimeoutError: it has not come true within so many seconds.
    """
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{holds} has not come true within {within} s.")
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Tell whether there is such a process, and not only its remains."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # A container's first process may be slow to collect what ended.
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] != "Z"
    # It ended since, or this system has no /proc.
    return not Path("/proc/self/stat").exists()
