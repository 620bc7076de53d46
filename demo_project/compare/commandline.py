"""The comparison as a command: ``python -m`` and ``manage.py`` share it."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from demo_project.compare.plan import FULL, QUICK
from demo_project.compare.runner import compare
from demo_project.compare.server import ServerFailedError
from demo_project.compare.table import as_table
from demo_project.compare.whole_file import write_whole
from demo_project.devices import RequestFailedError
from demo_project.embedded_valkey import EmbeddedValkeyError
from demo_project.throw_away_postgres import PostgresError

STOPPED = 128 + signal.SIGINT
FAILED = 1
FAILURES = (
    EmbeddedValkeyError,
    PostgresError,
    RequestFailedError,
    ServerFailedError,
    OSError,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what may be asked for."""
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the result to FILE as well"
    )
    parser.add_argument(
        "--quick", action="store_true", help="measure less; the counts are the same"
    )


def run_comparison(*, json: Path | None, quick: bool) -> int:
    """Run the comparison, print its table, and return the exit code."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        if json is not None:
            _check_target(json)
        result = compare(QUICK if quick else FULL, _show_progress)
        if json is not None:
            write_whole(json, result.to_json())
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; nothing was written.\n")
        return STOPPED
    except FAILURES as error:
        sys.stderr.write(f"\nThe comparison failed. {error}\n")
        return FAILED
    sys.stdout.write(f"\n{as_table(result)}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments of ``python -m demo_project.compare`` and run it."""
    parser = argparse.ArgumentParser(
        prog="python -m demo_project.compare",
        description="Measure both schemes over HTTP, side by side.",
    )
    add_arguments(parser)
    return run_comparison(**vars(parser.parse_args(arguments)))


def _check_target(path: Path) -> None:
    """Find out before two minutes of measuring, not after."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise OSError(f"--json {path}: name a file in a directory that exists.")


def _show_progress(what: str) -> None:
    # One line that is overwritten in a terminal; plain lines in a log.
    start, end = ("\r\x1b[K", "") if sys.stderr.isatty() else ("", "\n")
    sys.stderr.write(f"{start}compare: {what}{end}")
    sys.stderr.flush()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
