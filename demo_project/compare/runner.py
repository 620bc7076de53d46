"""Starts every mode, hands all of them to each measure, and collects the rows."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from demo_project.compare.machine import machine
from demo_project.compare.measures import MEASURES
from demo_project.compare.modes import MODES, Mode
from demo_project.compare.plan import Plan, Progress, Run
from demo_project.compare.result import GROUPS, ModeInfo, Result, Row
from demo_project.compare.servers.database import Database, throw_away_database
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.compare.servers.server import prepare_ground
from demo_project.compare.servers.side_by_side import running_side_by_side
from demo_project.compare.servers.throw_away_directory import throw_away_directory

WITH_SECOND_SERVICE = {"services"}
"""The groups whose rows call it."""


def compare(
    plan: Plan,
    progress: Progress,
    *,
    groups: Collection[str] = tuple(GROUPS),
) -> Result:
    """Start all modes, measure, and return what came out.

    Args:
        plan: How much is measured.
        progress: Told what is being done, and which step of how many it is.
        groups: Whose rows are wanted; measures without any are left out.

    Raises:
        ServerFailedError: A server didn't start.
        ProgramFailedError: A program of the demo failed.
        PostgresError: PostgreSQL is installed and didn't start.
        EmbeddedValkeyError: Valkey is missing or didn't start.
        RequestFailedError: A step that the others stand on didn't succeed.
        OSError: A server stopped answering.
    """
    began = time.monotonic()
    chosen = [measure for measure, of in MEASURES.items() if set(of) & set(groups)]
    steps = _Steps(progress, total=1 + len(chosen))
    second_service = not WITH_SECOND_SERVICE.isdisjoint(groups)
    with open_modes(MODES, steps.next(), second_service=second_service) as opened:
        modes, database = opened
        rows: list[Row] = []
        for measure in chosen:
            run = Run(plan=plan, modes=modes, database=database, progress=steps.next())
            rows += [row for row in measure(run) if row.group in groups]
        return Result(
            taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - began, 1),
            quick=plan.is_quick,
            machine=machine(modes[0], database),
            modes=[_info(mode.mode) for mode in modes],
            rows=rows,
        )


@contextmanager
def open_modes(
    modes: Sequence[Mode], progress: Progress, *, second_service: bool = True
) -> Iterator[tuple[Sequence[OpenMode], Database]]:
    """Run a server for each mode until the end of the ``with``."""
    with throw_away_directory() as root:
        progress("starting the database")
        with throw_away_database(root) as database:
            ground = prepare_ground(root, database, second_service=second_service)
            progress(f"starting the demo in {len(modes)} modes")
            with running_side_by_side(modes, ground) as opened:
                yield opened, database


class _Steps:
    """Counts the steps, and puts the number before what is told in each."""

    def __init__(self, progress: Progress, *, total: int) -> None:
        self._progress = progress
        self._total = total
        self._number = 0

    def next(self) -> Progress:
        self._number += 1
        prefix = f"step {self._number} of {self._total}"
        return lambda what: self._progress(f"{prefix}: {what}")


def _info(mode: Mode) -> ModeInfo:
    return ModeInfo(name=mode.name, title=mode.title, explanation=mode.explanation)
