"""Starts every mode, hands all of them to each measure, and collects the rows."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from demo_project.compare.database import Database, throw_away_database
from demo_project.compare.machine import machine
from demo_project.compare.measures import MEASURES
from demo_project.compare.modes import MODES, Mode
from demo_project.compare.open_mode import OpenMode
from demo_project.compare.plan import QUICK, Measure, Plan, Progress, Run
from demo_project.compare.result import ModeInfo, Result
from demo_project.compare.server import throw_away_server
from demo_project.compare.throw_away_directory import throw_away_directory


def compare(
    plan: Plan, progress: Progress, measures: Sequence[Measure] = MEASURES
) -> Result:
    """Start all modes, measure, and return what came out.

    Raises:
        ServerFailedError: A server didn't start.
        PostgresError: PostgreSQL is installed and didn't start.
        EmbeddedValkeyError: Valkey is missing or didn't start.
        RequestFailedError: A step that the others stand on didn't succeed.
        OSError: A server stopped answering.
    """
    began = time.monotonic()
    with open_modes(MODES, progress) as (modes, database):
        run = Run(plan=plan, modes=modes, database=database, progress=progress)
        rows = [row for measure in measures for row in measure(run)]
        return Result(
            taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - began, 1),
            quick=plan.rounds <= QUICK.rounds,
            machine=machine(modes[0], database),
            modes=[_info(mode.mode) for mode in modes],
            rows=rows,
        )


@contextmanager
def open_modes(
    modes: Sequence[Mode], progress: Progress
) -> Iterator[tuple[Sequence[OpenMode], Database]]:
    """Run a server for each mode until the end of the ``with``."""
    with ExitStack() as stack:
        root = stack.enter_context(throw_away_directory())
        database = stack.enter_context(throw_away_database())
        opened = []
        for mode in modes:
            progress(f"starting the demo as {mode.name}")
            opened.append(_opened(mode, database, root, stack))
        yield opened, database


def _opened(mode: Mode, database: Database, root: Path, stack: ExitStack) -> OpenMode:
    server = stack.enter_context(throw_away_server(mode, database, root))
    return OpenMode(mode=mode, server=server, stack=stack)


def _info(mode: Mode) -> ModeInfo:
    return ModeInfo(name=mode.name, title=mode.title, explanation=mode.explanation)
