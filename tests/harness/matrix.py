"""Run the tests on every supported Python and Django: ``make matrix``.

Each leg has an environment of its own, ``.venv-<python>``. The pair that ``make
test`` runs in ``.venv`` is not run again; ``MATRIX_FULL=1`` runs it all the same.
The others leave out what is slow; of the pages they see one story in a browser.
One leg uses SQLite, so that both databases are covered. What ``tests.harness.jose`` has
installed is for all of them: every leg lets Node verify its tokens.

A leg without its interpreter is skipped with a line; under ``CI=true`` it fails.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
FULL = (["-n", "2", "-m", "not serial"], ["-m", "serial"])
QUICK = (
    ["-n", "2", "-m", "not serial and not slow"],
    # Slow as they are, they tell what each Django expects of an engine.
    ["-n", "2", "tests/django_suites"],
)

# What would make a leg test something else than this checkout in its own way.
LEAKING = re.compile(r"DJANGO_|PYTEST_|TEST_|PYTHONPATH$|PYTHONHOME$|VIRTUAL_ENV$")


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One Python with one Django."""

    python: str
    django: str
    calls: Sequence[Sequence[str]] = QUICK
    environment: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Name it in the summary."""
        database = self.environment.get("TEST_DATABASE", "PostgreSQL if there is one")
        return f"Python {self.python}, Django {self.django}, {database}"

    @property
    def venv(self) -> Path:
        """Where it is installed."""
        return ROOT / f".venv-{self.python}"

    @property
    def interpreter(self) -> str:
        """The Python of its environment."""
        return str(self.venv / "bin/python")


LEGS = (
    Leg(python="3.11", django="5.2", calls=FULL),
    Leg(python="3.12", django="6.0", environment={"TEST_DATABASE": "sqlite"}),
    Leg(python="3.13", django="6.1"),
)


class Result(StrEnum):
    """How a leg went."""

    PASSED = "passed"
    FAILED = "FAILED"
    COVERED = "covered by `make test` (MATRIX_FULL=1 runs it here too)"
    SKIPPED = "skipped: no such Python was found"
    MISSING = "FAILED: no such Python was found, and CI must not skip it"


def run_leg(leg: Leg) -> Result:
    """Install a leg and run its tests."""
    if is_covered(leg):
        return Result.COVERED
    base = find_interpreter(leg.python)
    if base is None:
        is_ci = os.environ.get("CI") == "true"
        return Result.MISSING if is_ci else Result.SKIPPED
    _say(f"\n== {leg} ==")
    commands = [*_installation(leg, base), *_tests(leg)]
    succeeded = all(_succeeds(command, leg.environment) for command in commands)
    return Result.PASSED if succeeded else Result.FAILED


def is_covered(leg: Leg) -> bool:
    """Tell whether the environment this runs in is the leg's pair."""
    return (
        os.environ.get("MATRIX_FULL") != "1"
        and leg.calls == FULL
        and _is_python(sys.executable, leg.python)
        and version("django").startswith(f"{leg.django}.")
    )


def find_interpreter(python: str) -> str | None:
    """Find a Python that really runs: a version manager's shim may only fail."""
    return next((one for one in _candidates(python) if _is_python(one, python)), None)


def _candidates(python: str) -> Iterator[str]:
    name = f"python{python}"
    if found := shutil.which(name):
        yield found
    home = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for path in sorted(home.glob(f"versions/{python}*/bin/{name}"), reverse=True):
        yield str(path)
    answer = subprocess.run(  # noqa: S603 - a program of this environment
        [_uv(), "python", "find", "--no-project", python],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    if answer.returncode == 0:
        yield answer.stdout.strip()


def _is_python(interpreter: str, python: str) -> bool:
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(  # noqa: S603 - found under a Python's name
            [interpreter, "-c", program], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return answer.stdout.strip() == python


def _installation(leg: Leg, base: str) -> Iterator[Sequence[str]]:
    if not _is_python(leg.interpreter, leg.python):
        yield [_uv(), "venv", "--quiet", "--clear", "--python", base, str(leg.venv)]
    options = ["--quiet", "--python", leg.interpreter, "-c", "constraints.txt"]
    pins = ["-e", ".[demo]", "--group", "dev", f"django~={leg.django}.0"]
    yield [_uv(), "pip", "install", *options, *pins]


def _tests(leg: Leg) -> Iterator[Sequence[str]]:
    for arguments in leg.calls:
        yield [leg.interpreter, "-m", "pytest", *arguments]


def _succeeds(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    _say(f"+ {' '.join(command)}")
    inherited = {k: v for k, v in os.environ.items() if not LEAKING.match(k)}
    done = subprocess.run(  # noqa: S603 - one of the commands above
        command, cwd=ROOT, env={**inherited, **environment}, check=False
    )
    return done.returncode == 0


def _uv() -> str:
    return str(Path(sys.executable).with_name("uv"))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run every leg, sum up, and return 1 if one failed."""
    results = [(leg, run_leg(leg)) for leg in LEGS]
    _say("\n== Matrix ==")
    for leg, result in results:
        _say(f"{leg}: {result}")
    failures = {Result.FAILED, Result.MISSING}
    return int(any(result in failures for _, result in results))


if __name__ == "__main__":
    sys.exit(main())
