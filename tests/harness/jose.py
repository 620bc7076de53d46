"""npm's ``jose``, which verifies our tokens in ``tests/interop``: is it there, get it.

``make test`` and ``make matrix`` begin with ``python -m tests.harness.jose``. It
installs what it can and says in one line what it can't: only the tests that need it
judge about that, by a skip, under ``CI=true`` by a failure.
"""

import contextlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.harness.programs import skip_missing_program

VERSION = "6.2.18"  # of 2026-11-18, and it depends on no other package
OLDEST_NODE = 18  # what Debian 12 has
NODE = f"node >= {OLDEST_NODE}"
JOSE = f"npm's jose {VERSION}"
HOW_TO_GET_NODE = "install your system's nodejs and npm packages, then run `make test`"
HOW_TO_GET_JOSE = "`make test` installs it where npm can reach its registry"

# Ignored by git and shared by every leg of the matrix; `make clean` removes it.
DIRECTORY = Path(__file__).parents[2] / "build/node"
SECONDS = 120.0

# No lock file, no script of a package, and nothing but the one line of ours.
OPTIONS = (
    "--no-save",
    "--no-package-lock",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--fetch-retries=0",
    "--fetch-timeout=30000",
)


@dataclass(frozen=True, kw_only=True)
class Jose:
    """What it takes to verify with jose: ``node`` and the directory of the package."""

    node: str
    directory: Path


def require_jose() -> Jose:
    """Return where jose is, or skip the test; under ``CI=true``, fail it."""
    node = find_node() or skip_missing_program(NODE, HOW_TO_GET_NODE)
    if not is_installed(DIRECTORY):
        skip_missing_program(JOSE, HOW_TO_GET_JOSE)
    return Jose(node=node, directory=DIRECTORY)


def find_node() -> str | None:
    """Find a Node that really runs and is not too old."""
    found = shutil.which("node")
    if found is None:
        return None
    with contextlib.suppress(OSError):
        answer = subprocess.run(  # noqa: S603 - found under Node's name
            [found, "--version"], capture_output=True, text=True, check=False
        )
        major = re.match(r"v(\d+)\.", answer.stdout)
        if major and int(major[1]) >= OLDEST_NODE:
            return found
    return None


def is_installed(directory: Path) -> bool:
    """Tell whether npm came to its end with this very version in ``directory``."""
    # npm writes this record last: half a package has none.
    record = directory / "node_modules/.package-lock.json"
    try:
        package = json.loads(record.read_bytes())["packages"]["node_modules/jose"]
        return bool(package["version"] == VERSION)
    except (OSError, ValueError, LookupError):
        return False


def install(directory: Path) -> str | None:
    """Install jose into ``directory`` unless it is there.

    Returns:
        Half a sentence that says why it can't be had, or None.
    """
    if is_installed(directory):
        return None
    npm = shutil.which("npm")
    if npm is None or find_node() is None:
        return f"{NODE} or npm is missing; {HOW_TO_GET_NODE}"
    directory.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", f"--prefix={directory}", *OPTIONS, f"jose@{VERSION}"]
    try:
        answer = subprocess.run(  # noqa: S603 - the command above
            command, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"npm failed ({type(error).__name__}); {HOW_TO_GET_JOSE}"
    if answer.returncode != 0 or not is_installed(directory):
        code = re.search(r"^npm \S+ code (\S+)", answer.stderr, re.MULTILINE)
        return f"npm failed ({code[1] if code else 'no code'}); {HOW_TO_GET_JOSE}"
    return None


def main() -> int:
    """Install jose if it can be had; say in one line if not. Always return 0."""
    if reason := install(DIRECTORY):
        sys.stdout.write(f"No tests with {JOSE}: {reason}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
