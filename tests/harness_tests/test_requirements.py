"""The table of requirements, its record and its page."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.harness.requirements import page
from tests.harness.requirements.__main__ import main
from tests.harness.requirements.record import (
    PARTS,
    Outcome,
    ProvingTest,
    RecordError,
    code_state,
    read_record,
    write_part,
)
from tests.harness.requirements.recorder import is_full_run
from tests.harness.requirements.rows import COLUMNS, TABLE, Row, TableError, read_rows
from tests.harness.requirements.verdicts import find_gaps

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
TABLE_TEXT = """\
id,app,level,requirement,source,test,in_force
RTK-01,J,M,Long secret,RFC,count,yes
RTK-02,J,M,"Hash | only, no text",RFC,search,yes
RTK-03,J,S,Nice to have,own,look,yes
SES-01,S,M,Later,own,wait,no
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a small table and without a record."""
    (tmp_path / TABLE).parent.mkdir(parents=True)
    (tmp_path / TABLE).write_text(TABLE_TEXT)
    return tmp_path


@pytest.fixture(autouse=True)
def _not_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


class TestTable:
    def test_table_of_this_project_is_whole(self) -> None:
        """Rows are only added: whoever drops one must change this number too."""
        rows = read_rows(ROOT)

        assert len(rows) == 200
        assert {row.section for row in rows} == set(page.TITLES)

    @pytest.mark.parametrize(
        "row",
        [
            "RTK-09,X,M,a,b,c,yes",
            "RTK-09,J,L,a,b,c,yes",
            "RTK-09,J,M,a,b,c,maybe",
            "RTK-09,J,M,,b,c,yes",
            "RTK-09,J,M,a,b,c",
            "RTK-09,J,M,a,b,c,yes,more",
        ],
    )
    def test_malformed_row_is_named(self, project: Path, row: str) -> None:
        """A row that is read wrongly could drop out of force unseen."""
        _append(project, row)

        with pytest.raises(TableError, match="RTK-09"):
            read_rows(project)

    def test_id_that_occurs_twice_is_named(self, project: Path) -> None:
        """One test would seem to prove both."""
        _append(project, "RTK-02,J,M,another,own,look,yes")

        with pytest.raises(TableError, match="twice: RTK-02"):
            read_rows(project)

    def test_other_columns_are_refused(self, project: Path) -> None:
        """The page and the check read by name."""
        (project / TABLE).write_text("id,level\nRTK-01,M\n")

        with pytest.raises(TableError, match=",".join(COLUMNS)):
            read_rows(project)


class TestGaps:
    @pytest.mark.parametrize(
        ("outcomes", "is_ci", "found"),
        [
            ([Outcome.PASSED], False, []),
            ([Outcome.SKIPPED, Outcome.PASSED], True, []),
            ([], False, [("RTK-01", False)]),
            ([Outcome.SKIPPED], False, [("RTK-01", False)]),
            ([Outcome.FAILED], False, [("RTK-01", False)]),
            ([Outcome.PROGRAM_MISSING], False, [("RTK-01", True)]),
            ([Outcome.PROGRAM_MISSING], True, [("RTK-01", False)]),
        ],
    )
    def test_row_in_force_needs_a_passing_test(
        self, outcomes: Sequence[Outcome], *, is_ci: bool, found: list[tuple[str, bool]]
    ) -> None:
        """Only a program that is missing excuses, and never in CI."""
        tests = [_proof("RTK-01", outcome) for outcome in outcomes]

        gaps = find_gaps([_row("RTK-01")], tests, is_ci=is_ci)

        assert [(gap.row.id, gap.is_excused) for gap in gaps] == found

    @pytest.mark.parametrize("change", [{"level": "S"}, {"in_force": False}])
    def test_other_row_needs_none(self, change: dict[str, object]) -> None:
        """The table also holds what is still to come."""
        assert not list(find_gaps([_row("RTK-01", **change)], [], is_ci=True))


class TestPage:
    def test_rows_stand_with_their_tests_once_each(self, project: Path) -> None:
        """Parameters and outcomes differ between machines."""
        tests = [
            _proof("RTK-02", Outcome.PASSED, "t.py::test_b[1]"),
            _proof("RTK-02", Outcome.PROGRAM_MISSING, "t.py::test_b[2]"),
            _proof("RTK-02", Outcome.SKIPPED, "t.py::test_a"),
        ]

        text = page.render(read_rows(project), tests)

        assert (
            r"| RTK-02 | J | M | yes | Hash \| only, no text | RFC | search "
            "| `t.py::test_a`<br>`t.py::test_b` |\n"
        ) in text
        assert "| SES-01 | S | M | no | Later | own | wait |  |\n" in text

    def test_preface_stands_on_its_own(self) -> None:
        """Readers have this repository and nothing else."""
        assert "DESIGN" not in page.PREFACE.read_text()


class TestRecord:
    def test_what_was_written_is_read(self, project: Path) -> None:
        """Both calls of `make test` together are the full run."""
        _record(project, _proof("RTK-01", Outcome.PASSED))

        assert read_record(project) == [_proof("RTK-01", Outcome.PASSED)]

    @pytest.mark.parametrize("part", PARTS)
    def test_missing_part_is_no_full_run(self, project: Path, part: str) -> None:
        """The races alone, or all without the races, prove nothing."""
        _record(project)
        (project / f"build/requirements/{part}.json").unlink()

        with pytest.raises(RecordError, match=f"{part} tests is on record"):
            read_record(project)

    def test_record_of_other_code_is_refused(self, project: Path) -> None:
        """A proof of yesterday's code proves nothing today."""
        _record(project)
        (project / "jwtauth").mkdir()
        (project / "jwtauth/new.py").touch()

        with pytest.raises(RecordError, match="code has changed"):
            read_record(project)

    def test_generated_files_do_not_count_as_code(self, project: Path) -> None:
        """Writing the page must not ask for another test run."""
        before = code_state(project)
        (project / page.PAGE).touch()
        (project / "tests/__pycache__").mkdir(parents=True)
        (project / "tests/__pycache__/x.pyc").touch()

        assert code_state(project) == before


class TestCommands:
    def test_check_of_a_proven_table_passes(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The last line of `make test`."""
        proofs = [_proof(row, Outcome.PASSED) for row in ("RTK-01", "RTK-02")]
        _record(project, *proofs)

        statuses = [main(["write"], project), main(["check"], project)]

        assert statuses == [0, 0]
        assert "2 rows of level M in force" in capsys.readouterr().out

    def test_check_names_the_row_without_proof(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Whoever sees it must know what to test."""
        _record(project, _proof("RTK-01", Outcome.PASSED))
        main(["write"], project)

        status = main(["check"], project)

        assert status == 1
        assert "RTK-02 not proven: no test is marked with it" in capsys.readouterr().out

    def test_check_lets_a_missing_program_through_with_a_line(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A newcomer without PostgreSQL gets a green run that says what it lacks."""
        _record(
            project,
            _proof("RTK-01", Outcome.PASSED),
            _proof("RTK-02", Outcome.PROGRAM_MISSING),
        )
        main(["write"], project)

        at_home = main(["check"], project)
        monkeypatch.setenv("CI", "true")
        in_ci = main(["check"], project)

        assert (at_home, in_ci) == (0, 1)
        assert "RTK-02 let through" in capsys.readouterr().out

    def test_check_of_a_stale_page_fails(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The page must not tell of tests that are gone."""
        proofs = [_proof(row, Outcome.PASSED) for row in ("RTK-01", "RTK-02")]
        _record(project, *proofs)
        main(["write"], project)
        _record(project, *proofs, _proof("RTK-03", Outcome.PASSED, "t.py::test_new"))

        assert main(["check"], project) == 1
        assert "stale: run `make docs`" in capsys.readouterr().out

    def test_write_after_a_failure_refuses(self, project: Path) -> None:
        """A page that shows a failing test as proof would lie."""
        _record(project, _proof("RTK-01", Outcome.FAILED))

        assert main(["write"], project) == 1
        assert not (project / page.PAGE).exists()

    @pytest.mark.parametrize("command", ["check", "write"])
    def test_command_without_a_record_fails(self, project: Path, command: str) -> None:
        """There is nothing to judge by."""
        assert main([command], project) == 1


class TestRecorder:
    @pytest.fixture(autouse=True)
    def _project(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        pytester.makefile(".ini", pytest=INI)
        _write_file(pytester.path / TABLE, TABLE_TEXT)
        _write_file(pytester.path / "tests/test_x.py", SUITE)

    @pytest.mark.parametrize("workers", [[], ["-n", "1"]])
    def test_full_run_is_recorded(
        self, pytester: pytest.Pytester, workers: list[str]
    ) -> None:
        """With workers and without, in the two calls of `make test`."""
        pytester.runpytest_subprocess(*workers, "-m", "not serial")
        pytester.runpytest_subprocess("-m", "serial")

        found = {
            test.node_id.partition("::")[2]: (list(test.requirements), test.outcome)
            for test in read_record(pytester.path)
        }

        assert found == {
            "test_passes": (["RTK-01", "RTK-02"], Outcome.PASSED),
            "test_fails": (["RTK-02"], Outcome.FAILED),
            "test_fails_at_the_end": (["RTK-02"], Outcome.FAILED),
            "test_skipped": (["RTK-02"], Outcome.SKIPPED),
            "test_without_program": (["RTK-02"], Outcome.PROGRAM_MISSING),
            "test_expected_to_fail": (["RTK-02"], Outcome.SKIPPED),
            "TestClass::test_race": (["SES-01", "RTK-03"], Outcome.PASSED),
        }

    def test_single_call_without_marks_is_both_parts(
        self, pytester: pytest.Pytester
    ) -> None:
        """Plain `pytest` runs everything."""
        pytester.runpytest_subprocess()

        assert {test.node_id for test in read_record(pytester.path)} >= {
            "tests/test_x.py::test_passes",
            "tests/test_x.py::TestClass::test_race",
        }

    @pytest.mark.parametrize(
        "arguments", [[], ["-m", "serial"], ["-m", "not serial", "-v"], ["tests"]]
    )
    def test_run_of_everything_is_full(
        self, pytester: pytest.Pytester, arguments: list[str]
    ) -> None:
        """However it was asked for."""
        assert is_full_run(pytester.parseconfigure(*arguments))

    @pytest.mark.parametrize(
        "arguments",
        [
            ["-k", "passes"],
            ["-m", "not serial and not slow"],
            ["-x"],
            ["--lf"],
            ["--sw"],
            ["--deselect", "tests/test_x.py::test_fails"],
            ["--ignore", "tests/test_x.py"],
            ["--ignore-glob", "*x.py"],
            ["--collect-only"],
            ["--continue-on-collection-errors"],
            ["tests/test_x.py"],
            ["tests/test_x.py::test_passes"],
            ["-o", "testpaths=tests/sub"],
            ["-o", "python_functions=test_passes"],
        ],
    )
    def test_narrowed_run_is_partial(
        self, pytester: pytest.Pytester, arguments: list[str]
    ) -> None:
        """It would hide the gaps it did not look at."""
        assert not is_full_run(pytester.parseconfigure(*arguments))

    def test_run_of_a_worker_is_partial(self, pytester: pytest.Pytester) -> None:
        """Each worker sees its share; the controlling process sees all."""
        config = pytester.parseconfigure()
        config.workerinput = {}  # type: ignore[attr-defined]  # as xdist does it

        assert not is_full_run(config)

    def test_partial_run_leaves_an_older_record_alone(
        self, pytester: pytest.Pytester
    ) -> None:
        """The full run before it is still true of the same code."""
        pytester.runpytest_subprocess()
        before = read_record(pytester.path)

        pytester.runpytest_subprocess("-k", "passes")

        assert read_record(pytester.path) == before

    @pytest.mark.parametrize(
        ("mark", "workers"),
        [("'RTK-99'", []), ("'RTK-99'", ["-n", "1"]), ("1", []), ("", [])],
    )
    def test_unknown_row_is_a_collection_error(
        self, pytester: pytest.Pytester, mark: str, workers: list[str]
    ) -> None:
        """A mistyped id would leave its row without the proof."""
        text = f"import pytest\n@pytest.mark.requirement({mark})\ndef test_y(): pass\n"
        _write_file(pytester.path / "tests/test_y.py", text)

        result = pytester.runpytest_subprocess(*workers)

        result.stdout.fnmatch_lines(["*tests/test_y.py::test_y: *row*"])
        assert result.ret != pytest.ExitCode.OK
        assert not (pytester.path / "build").exists()

    def test_broken_off_run_is_not_recorded(self, pytester: pytest.Pytester) -> None:
        """What came after the interruption is unknown."""
        text = "def test_y(): raise KeyboardInterrupt\n"
        _write_file(pytester.path / "tests/test_y.py", text)

        pytester.runpytest_subprocess()

        assert not (pytester.path / "build").exists()

    def test_broken_table_is_a_usage_error(self, pytester: pytest.Pytester) -> None:
        """Every later message would be misleading."""
        _write_file(pytester.path / TABLE, "id\nRTK-01\n")

        result = pytester.runpytest_subprocess()

        result.stderr.fnmatch_lines(["ERROR: The columns of*"])
        assert result.ret == pytest.ExitCode.USAGE_ERROR


# Without what only costs time: some plugins take long to load, and the search for
# unraised errors collects the garbage of this process, five times for each project.
INI = """
[pytest]
addopts =
    -p no:valkey -p no:django -p no:randomly -p no:hypothesispytest
    -p no:unraisableexception -p tests.harness.plugin --strict-markers --strict-config
testpaths = tests
markers =
    requirement
    serial
    slow
"""
SUITE = """
import pytest
from tests.harness.programs import require_program


@pytest.fixture
def failing_at_the_end():
    yield
    assert False


@pytest.mark.requirement("RTK-01", "RTK-02")
def test_passes():
    pass


@pytest.mark.requirement("RTK-02")
def test_fails():
    assert False


@pytest.mark.requirement("RTK-02")
def test_fails_at_the_end(failing_at_the_end):
    pass


@pytest.mark.requirement("RTK-02")
@pytest.mark.skip
def test_skipped():
    pass


@pytest.mark.requirement("RTK-02")
def test_without_program():
    require_program("no-such-program", "buy one")


@pytest.mark.requirement("RTK-02")
@pytest.mark.xfail
def test_expected_to_fail():
    assert False


def test_unmarked():
    pass


@pytest.mark.requirement("RTK-03")
class TestClass:
    @pytest.mark.requirement("SES-01")
    @pytest.mark.serial
    def test_race(self):
        pass
"""


def _append(project: Path, row: str) -> None:
    with (project / TABLE).open("a") as file:
        file.write(f"{row}\n")


def _row(row_id: str, **changes: object) -> Row:
    cells = {"app": "J", "level": "M", "requirement": "a", "source": "b", "test": "c"}
    return Row(**{"id": row_id, "in_force": True, **cells, **changes})  # type: ignore[arg-type]  # a test's own words


def _proof(row: str, outcome: Outcome, node_id: str = "t.py::test_a") -> ProvingTest:
    return ProvingTest(node_id=node_id, requirements=[row], outcome=outcome)


def _record(project: Path, *tests: ProvingTest) -> None:
    write_part(project, "parallel", code_state(project), tests)
    write_part(project, "serial", code_state(project), [])


def _write_file(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
