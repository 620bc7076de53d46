"""``make bench``: every program in turn, one table."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection

from benchmarks import profiling
from benchmarks.comparison import Comparison
from benchmarks.rows import Row, table
from demo_project import throw_away_postgres as postgres
from demo_project.embedded_valkey import EmbeddedValkey

PROGRAMS = (
    "access_token",
    "known_token",
    "user_row",
    "session",
    "request",
    "refresh",
)
POSTGRESQL_PROGRAMS = ("growth", "login_size", "engines")
"""They ask the server what only PostgreSQL tells."""
ON_REQUEST = ("scale",)
"""They take minutes, or much memory: a million sessions are 0.6 GB."""
PEERS = ("rest_framework_simplejwt", "knox")


def main() -> None:
    """Start what is needed, measure, print."""
    options = _read_options()
    if not all(map(find_spec, PEERS)):
        sys.exit("The peers to measure against are not installed: use `make bench`.")
    with ExitStack() as servers:
        _start(servers)
        measured = _measure(options.programs)
        if options.profile:
            profiling.write_report(measured, options.profile)
        else:
            _report([*_rows(measured)], options.json)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    known = (*PROGRAMS, *POSTGRESQL_PROGRAMS, *ON_REQUEST)
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help=", ".join(known))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows too")
    parser.add_argument(
        "--profile", metavar="ROW", help="show where the time of these rows goes"
    )
    options = parser.parse_args()
    if unknown := set(options.programs) - set(known):
        parser.error(f"there is no program {', '.join(sorted(unknown))}")
    return options


def _start(servers: ExitStack) -> None:
    os.environ["BENCHMARK_REDIS_URL"] = servers.enter_context(EmbeddedValkey()).url
    if programs := postgres.find_programs():
        cluster = servers.enter_context(postgres.PostgresCluster(programs))
        os.environ["BENCHMARK_POSTGRES_SOCKET_DIR"] = str(cluster.socket_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    django.setup()
    call_command("migrate", verbosity=0)
    # The server is gone before the interpreter ends.
    servers.callback(connection.close)


def _measure(chosen: Sequence[str]) -> Iterator[Comparison | Row]:
    programs = chosen or (*PROGRAMS, *POSTGRESQL_PROGRAMS)
    for program in programs:
        if program in POSTGRESQL_PROGRAMS and connection.vendor != "postgresql":
            sys.stderr.write(f"{program} is left out: {postgres.HOW_TO_GET}\n")
            continue
        call_command("flush", interactive=False, verbosity=0)
        # They need the settings that have just been made.
        yield from import_module(f"benchmarks.{program}").measure()


def _rows(measured: Iterator[Comparison | Row]) -> Iterator[Row]:
    # One at a time: a program's settings are in force until the next one is asked for.
    for item in measured:
        yield from item.rows() if isinstance(item, Comparison) else [item]


def _report(rows: Sequence[Row], json_file: Path | None) -> None:
    sys.stdout.write(
        f"Python {platform.python_version()}, Django {django.__version__}, "
        f"{connection.display_name}, {os.cpu_count()} cores, "
        # Ratios that wait for a server suffer when others want the cores, too.
        f"load {os.getloadavg()[0]:.1f}; medians of interleaved rounds\n\n"
        f"{table(rows)}\n"
    )
    if json_file is not None:
        json_file.write_text(
            json.dumps([asdict(row) | {"verdict": row.verdict} for row in rows])
        )


if __name__ == "__main__":
    main()
