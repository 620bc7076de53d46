"""The part of the pytest plugin that notes which test proves which row."""

from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from tests.harness.programs import MISSING_PROGRAM
from tests.harness.requirements.record import (
    PARTS_BY_MARK_EXPRESSION,
    Outcome,
    ProvingTest,
    code_state,
    write_part,
)
from tests.harness.requirements.rows import TABLE, read_rows

PROPERTY = "requirement"

# Options of pytest that leave tests out, or that end a run before its end.
NARROWING = (
    "keyword",
    "deselect",
    "ignore",
    "ignore_glob",
    "lf",
    "stepwise",
    "maxfail",
    "collectonly",
    "continue_on_collection_errors",
    "setuponly",
    "setupplan",
)


class RequirementRecorder:
    """Check the marks in every process; record outcomes in the controlling one."""

    def __init__(self, config: pytest.Config) -> None:
        """Read the table once."""
        self._config = config
        self._root = config.rootpath
        self._known = {row.id for row in read_rows(self._root)}
        self._outcomes: dict[str, Outcome] = {}
        self._requirements: dict[str, Sequence[str]] = {}
        self._state = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self,
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Turn a mark that names no row of the table into a collection error."""
        report = yield
        items = [item for item in report.result or () if isinstance(item, pytest.Item)]
        if faults := [fault for item in items for fault in self._faults_of(item)]:
            report.outcome = "failed"
            report.longrepr = "\n".join(faults)
            report.result = []
        return report

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let the reports carry the ids, from a worker too."""
        for item in items:
            item.user_properties += [(PROPERTY, row) for row in _ids_of(item)]

    def pytest_sessionstart(self) -> None:
        """Remember what code is about to be tested."""
        if is_full_run(self._config):
            self._state = code_state(self._root)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Give up the record if tests are missing: workers go on without them."""
        if report.failed:
            self._state = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the worst outcome of a test's three phases."""
        ids = [str(value) for name, value in report.user_properties if name == PROPERTY]
        if not ids:
            return
        self._requirements[report.nodeid] = ids
        outcome = _outcome_of(report)
        earlier = self._outcomes.get(report.nodeid, Outcome.PASSED)
        if earlier is Outcome.PASSED or outcome is Outcome.FAILED:
            self._outcomes[report.nodeid] = outcome

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Record a run that was full and came to its end."""
        if not self._state or exitstatus not in {
            pytest.ExitCode.OK,
            pytest.ExitCode.TESTS_FAILED,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        }:
            return
        tests = [
            ProvingTest(
                node_id=node_id,
                requirements=self._requirements[node_id],
                outcome=outcome,
            )
            for node_id, outcome in sorted(self._outcomes.items())
        ]
        for part in PARTS_BY_MARK_EXPRESSION[self._config.option.markexpr]:
            write_part(self._root, part, self._state, tests)

    def _faults_of(self, item: pytest.Item) -> Sequence[str]:
        ids = _ids_of(item)
        unknown = [str(row) for row in ids if row not in self._known]
        faults = [f"{item.nodeid}: {row!r} is no row of {TABLE}" for row in unknown]
        if not ids and item.get_closest_marker(PROPERTY) is not None:
            faults.append(f"{item.nodeid}: the mark `requirement` names no row")
        return faults


def is_full_run(config: pytest.Config) -> bool:
    """Tell whether every test of a known part of the suite was asked for."""
    return (
        not hasattr(config, "workerinput")
        and config.option.markexpr in PARTS_BY_MARK_EXPRESSION
        and not any(getattr(config.option, name, None) for name in NARROWING)
        and not any(_may_narrow(entry) for entry in config.option.override_ini or ())
        and _paths(config.args, config.invocation_params.dir)
        == _paths(config.getini("testpaths"), config.rootpath)
    )


def _may_narrow(overridden: str) -> bool:
    # `--strict-markers` and `--strict-config` are kept as overrides of the ini file.
    return not overridden.startswith("strict")


def _paths(names: Sequence[str], base: Path) -> set[Path]:
    return {base / name for name in names}


def _ids_of(item: pytest.Item) -> Sequence[object]:
    marks = item.iter_markers(PROPERTY)
    return list(dict.fromkeys(row for mark in marks for row in mark.args))


def _outcome_of(report: pytest.TestReport) -> Outcome:
    if report.passed:
        return Outcome.PASSED
    if report.failed:
        return Outcome.FAILED
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    if reason.removeprefix("Skipped: ").startswith(MISSING_PROGRAM):
        return Outcome.PROGRAM_MISSING
    return Outcome.SKIPPED
