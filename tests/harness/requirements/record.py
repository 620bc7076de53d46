"""What full test runs leave behind: which test proves which row, and how it went."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

DIRECTORY = Path("build/requirements")

# `make test` runs the suite in two calls; a single call without `-m` is both.
PARTS_BY_MARK_EXPRESSION = {
    "not serial": ("parallel",),
    "serial": ("serial",),
    "": ("parallel", "serial"),
}
PARTS = ("parallel", "serial")

# Everything a test's outcome depends on; what is generated from it is left out.
CODE = (
    "benchmarks",
    "constraints.txt",
    "demo_project",
    "docs/reference/requirements.csv",
    "jwtauth",
    "manage.py",
    "pyproject.toml",
    "sessionauth",
    "templates",
    "tests",
)


class Outcome(StrEnum):
    """How a test went; a skip for want of a program is told from any other."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    PROGRAM_MISSING = "program missing"


@dataclass(frozen=True, kw_only=True)
class ProvingTest:
    """A test that is marked as the proof of rows, in one run."""

    node_id: str
    requirements: Sequence[str]
    outcome: Outcome


class RecordError(Exception):
    """There is no usable record; the text says which run makes one."""


def write_part(root: Path, part: str, state: str, tests: Sequence[ProvingTest]) -> None:
    """Replace the record of one part of the suite."""
    path = root / DIRECTORY / f"{part}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"code_state": state, "tests": [asdict(test) for test in tests]}
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(content, indent=1), encoding="utf-8")
    unfinished.replace(path)


def read_record(root: Path) -> Sequence[ProvingTest]:
    """Read what a full run of the code as it is now has recorded.

    Raises:
        RecordError: A part is missing, or was run on other code.
    """
    state = code_state(root)
    return [test for part in PARTS for test in _read_part(root, part, state)]


def code_state(root: Path) -> str:
    """Sum up the content of all code, so that a change shows."""
    digest = hashlib.sha256()
    for path in _code_files(root):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _code_files(root: Path) -> Iterator[Path]:
    for name in CODE:
        path = root / name
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                yield file


def _read_part(root: Path, part: str, state: str) -> Sequence[ProvingTest]:
    try:
        content = json.loads((root / DIRECTORY / f"{part}.json").read_bytes())
    except FileNotFoundError:
        raise RecordError(
            f"No full run of the {part} tests is on record: run `make test`."
        ) from None
    if content["code_state"] != state:
        raise RecordError(
            f"The code has changed since the {part} tests ran: run `make test`."
        )
    return [_parse(test) for test in content["tests"]]


def _parse(test: Mapping[str, object]) -> ProvingTest:
    requirements = test["requirements"]
    assert isinstance(requirements, list)
    return ProvingTest(
        node_id=str(test["node_id"]),
        requirements=requirements,
        outcome=Outcome(str(test["outcome"])),
    )
