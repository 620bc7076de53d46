"""The directory of the server's data, used by one server at a time.

Two servers that append to one file would destroy it.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from demo_project.embedded_valkey.errors import DataDirectoryError

# After a quick restart the predecessor may still be writing its last lines.
LOCK_SECONDS = 3.0


@contextlib.contextmanager
def hold_data_directory(path: Path) -> Iterator[int]:
    """Make and lock the directory; yield the file descriptor that is the lock.

    The lock belongs to the open file. A server that inherits it keeps the lock until
    it ends, however it ends: the kernel drops it, so that it is never stale.

    Raises:
        DataDirectoryError: It cannot be made or written, or is in use.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "valkey.lock").open("a+")
    except OSError as error:
        raise DataDirectoryError(
            f"{path} cannot hold the server's data: {error.strerror}."
        ) from error
    with lock:
        if not _lock(lock):
            raise DataDirectoryError(
                f"{path} is in use by another server, started by process "
                f"{_read_owner(lock)}: stop that one or choose another directory."
            )
        _write_owner(lock)
        yield lock.fileno()


def _lock(lock: IO[str]) -> bool:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        else:
            return True


def _read_owner(lock: IO[str]) -> str:
    lock.seek(0)
    return lock.read() or "unknown"


def _write_owner(lock: IO[str]) -> None:
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
