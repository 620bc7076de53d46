"""The command line: start servers, run programs, print one table, write one file."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection

from benchmarks import machine, profiling, progress
from benchmarks.comparison import Comparison
from benchmarks.programs import (
    NEED_POSTGRESQL,
    PROGRAMS,
    chosen,
    peers_are_missing,
)
from benchmarks.result import Result
from benchmarks.rows import Row
from demo_project import throw_away_postgres as postgres
from demo_project.embedded_valkey import EmbeddedValkey, EmbeddedValkeyError
from demo_project.ending import be_interrupted_by_signals
from demo_project.whole_file import BadTargetError, check_target, write_whole

Measured = Iterator[Comparison | Row]


def main(arguments: Sequence[str] | None = None) -> int:
    """Start what is needed, measure, print; return the exit code."""
    options = _read_options(arguments)
    programs = chosen(options.programs, options.without)
    if peers_are_missing(programs):
        sys.stderr.write(
            "The peers to measure against are not installed: use `make bench`.\n"
        )
        return 1
    be_interrupted_by_signals()
    try:
        with ExitStack() as servers:
            start(servers)
            if options.profile:
                profiling.write_report(_measure(programs), options.profile)
                return 0
            result = _result(programs)
    except (EmbeddedValkeyError, postgres.PostgresError) as error:
        sys.stderr.write(f"Nothing can be measured. {error}\n")
        return 1
    sys.stdout.write(result.as_table())
    if options.json is not None:
        write_whole({options.json: result.as_json()})
    return 0


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    known = ", ".join(PROGRAMS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=known)
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="PROGRAM",
        help="leave one out: `scale` takes the longest, 0.6 GB and disk",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write what was found to FILE, too"
    )
    parser.add_argument(
        "--profile", metavar="ROW", help="show where the time of these rows goes"
    )
    options = parser.parse_args(arguments)
    if unknown := {*options.programs, *options.without} - set(PROGRAMS):
        parser.error(f"there is no program {', '.join(sorted(unknown))}")
    try:
        if options.json is not None:
            check_target(options.json)
    except BadTargetError as error:
        parser.error(f"--json {error}")
    return options


def start(servers: ExitStack) -> None:
    """Start what there is to measure on, until ``servers`` ends; turn Django to it."""
    progress.show("starting servers")
    os.environ["BENCHMARK_REDIS_URL"] = servers.enter_context(EmbeddedValkey()).url
    if programs := postgres.find_programs():
        cluster = servers.enter_context(postgres.PostgresCluster(programs))
        os.environ["BENCHMARK_POSTGRES_SOCKET_DIR"] = str(cluster.socket_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    django.setup()
    call_command("migrate", verbosity=0)
    # The server is gone before the interpreter ends.
    servers.callback(connection.close)


def _result(programs: Sequence[str]) -> Result:
    # Before measuring: the load afterwards would be our own.
    described = machine.describe()
    rows = list(measured_rows(programs))
    progress.end()
    today = datetime.now(UTC).date()
    return Result(measured_on=today, machine=described, rows=rows)


def _measure(programs: Sequence[str]) -> Measured:
    for number, program in enumerate(programs, start=1):
        if program in NEED_POSTGRESQL and connection.vendor != "postgresql":
            progress.show(f"{program} is left out: {postgres.HOW_TO_GET}")
            continue
        progress.show(f"{program}, {number} of {len(programs)}")
        call_command("flush", interactive=False, verbosity=0)
        # They need the settings that have just been made.
        yield from import_module(f"benchmarks.{program}").measure()


def measured_rows(programs: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of each program, as soon as each is measured."""
    # One at a time: a program's settings are in force until the next one is asked for.
    for item in _measure(programs):
        if isinstance(item, Comparison):
            progress.show(f"{item.about}: {', '.join(item.contenders)}")
            yield from item.rows()
        else:
            yield item
