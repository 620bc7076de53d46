"""Wait for what other processes do, as long as a busy machine may need for it."""

import os
import time
from collections.abc import Callable

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
    """Tell whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
