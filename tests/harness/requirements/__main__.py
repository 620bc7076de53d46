"""The command line: ``check`` after a full run, ``write`` to generate the page."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.harness.requirements.page import PAGE, render
from tests.harness.requirements.record import (
    Outcome,
    ProvingTest,
    RecordError,
    read_record,
)
from tests.harness.requirements.rows import Row, TableError, read_rows
from tests.harness.requirements.verdicts import find_gaps


def main(arguments: Sequence[str], root: Path) -> int:
    """Run one command on the project in ``root``; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness.requirements")
    parser.add_argument("command", choices=["check", "write"])
    command = parser.parse_args(arguments).command
    try:
        rows, tests = read_rows(root), read_record(root)
    except (RecordError, TableError) as error:
        _say(str(error))
        return 1
    return (
        _check(root, rows, tests) if command == "check" else _write(root, rows, tests)
    )


def _check(root: Path, rows: Sequence[Row], tests: Sequence[ProvingTest]) -> int:
    gaps = list(find_gaps(rows, tests, is_ci=os.environ.get("CI") == "true"))
    for gap in gaps:
        _say(str(gap))
    faults = sum(not gap.is_excused for gap in gaps)
    page = root / PAGE
    if not page.exists() or page.read_text(encoding="utf-8") != render(rows, tests):
        _say(f"{PAGE} is stale: run `make docs`.")
        faults += 1
    if not faults:
        proven = sum(row.must_be_proven for row in rows) - len(gaps)
        _say(f"Requirements: {proven} rows of level M in force, each with its test.")
    return min(faults, 1)


def _write(root: Path, rows: Sequence[Row], tests: Sequence[ProvingTest]) -> int:
    failed = [test.node_id for test in tests if test.outcome is Outcome.FAILED]
    if failed:
        _say(f"{PAGE} is not written: {', '.join(failed)} failed and proves nothing.")
        return 1
    (root / PAGE).write_text(render(rows, tests), encoding="utf-8")
    _say(f"{PAGE} is written.")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).parents[3]))
