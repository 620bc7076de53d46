"""Django's source distribution, which has its tests; the wheel has none.

It is fetched once, by pip as the machine has configured it, into ``build/``, which git
ignores and ``make clean`` removes.
"""

import fcntl
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import django

from tests.harness.programs import skip_missing_program

DIRECTORY = Path(__file__).parents[2] / "build/django"
SECONDS = 300.0


def require_tests_of_django() -> Path:
    """Return the directory of the installed Django's tests, or skip the test.

    Under ``CI=true`` it fails where it would skip.
    """
    version = django.get_version()
    tests = DIRECTORY / version / "tests"
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    # Two workers may want them at the same moment.
    with (DIRECTORY / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not tests.is_dir() and not fetch(version, DIRECTORY):
            skip_missing_program(
                f"the sources of Django {version}",
                "pip downloads them where it can reach its index",
            )
    return tests


def fetch(version: str, directory: Path) -> bool:
    """Put the sources of one version into ``directory``; return whether they came."""
    with tempfile.TemporaryDirectory(dir=directory) as name:
        scratch = Path(name)
        command = [sys.executable, "-m", "pip", "download", f"django=={version}"]
        command += ["--quiet", "--no-deps", "--no-binary=:all:", f"--dest={scratch}"]
        command += ["--disable-pip-version-check", "--retries=0"]
        try:
            subprocess.run(  # noqa: S603 # the command above
                command, capture_output=True, check=True, timeout=SECONDS
            )
            (archive,) = scratch.glob("*.tar.gz")
        except (OSError, subprocess.SubprocessError, ValueError):
            return False
        with tarfile.open(archive) as packed:
            packed.extractall(scratch, filter="data")
        # Whoever is killed before this leaves nothing that looks complete.
        archive.with_suffix("").with_suffix("").rename(directory / version)
    return True
