"""Measured figures stand in README and docs as the committed results have them."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest

from benchmarks.result import Result as BenchResult
from benchmarks.rows import Row as BenchRow
from demo_project.compare.result import (
    Cell,
    Kind,
    Machine,
    ModeInfo,
    Result,
    Row,
)
from tests.harness.figures import bench, comparison
from tests.harness.figures.__main__ import main
from tests.harness.figures.markers import FigureError
from tests.harness.figures.pages import read_pages

ROOT = Path(__file__).parents[2]
END = "<!-- /figures -->"
RATIO = "bench.figure access-known.floor"
BENCH = BenchResult(
    measured_on=date(2026, 11, 30),
    machine={"cores": "2", "Python": "3.11.7"},
    rows=[
        BenchRow(
            id="access-known.floor",
            what="access token, floor",
            figure=0.051,
            unit="x",
            against="PyJWT | decode",
            spread=0.02,
            own_time=0.05,
        ),
        BenchRow(
            id="refresh.jwtauth", what="refresh", figure=0.5, unit="x", against="peer"
        ),
        BenchRow(
            id="session-bytes.sessionauth",
            what="session stored",
            figure=405.6,
            unit="bytes",
            against="MEMORY USAGE",
        ),
    ],
)
MODES = [
    ModeInfo(name="session", title="Session", explanation="e"),
    ModeInfo(name="jwt_denylist", title="JWT with denylist", explanation="e"),
]


def _compare_row(row_id: str, kind: Kind, *texts: str) -> Row:
    cells = [Cell(text=text, value=len(text)) for text in texts]
    return Row(
        id=row_id,
        group="speed" if kind is Kind.TIMED else "cost",
        title=f"Title of {row_id}",
        kind=kind,
        how="h",
        noise="n",
        cells=dict(zip([mode.name for mode in MODES], cells, strict=True)),
    )


COMPARE = Result(
    taken_at="2026-11-30T18:00:00+00:00",
    seconds=60.0,
    quick=False,
    machine=Machine(system="Linux", processors=2, versions={"Python": "3.11.7"}),
    modes=MODES,
    rows=[
        _compare_row("share", Kind.TIMED, "61 %", "70 %"),
        _compare_row("sql", Kind.COUNTED, "0", "0"),
    ],
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one page, and a result that it quotes."""
    figures = tmp_path / "docs/figures"
    figures.mkdir(parents=True)
    (figures / "bench.json").write_text(BENCH.as_json())
    _write(tmp_path, f"A token takes <!-- figures: {RATIO} -->old{END} of that.\n")
    return tmp_path


def _write(project: Path, text: str) -> None:
    (project / "README.md").write_text(text)


def _readme(project: Path) -> str:
    return (project / "README.md").read_text()


class TestThisProject:
    def test_figures_are_as_measured(self) -> None:
        """A figure that was typed or has aged is an opinion."""
        pages = read_pages(ROOT)

        stale = [line for page in pages for line in page.stale(ROOT)]

        assert not stale, "\n".join(stale)
        assert any(page.marked for page in pages)

    def test_every_result_file_is_quoted(self) -> None:
        """What nobody reads grows stale unseen."""
        quoted = {
            one.words.partition(".")[0]
            for page in read_pages(ROOT)
            for one in page.marked
        }

        files = {file.stem for file in (ROOT / "docs/figures").glob("*.json")}

        assert files == quoted

    def test_committed_result_is_of_todays_budgets(self) -> None:
        """Who moves a budget measures again."""
        text = (ROOT / "docs/figures/bench.json").read_text("utf-8")

        written = {row["id"]: row["budget"] for row in json.loads(text)["rows"]}

        rows = BenchResult.from_json(text).rows
        assert written == {row.id: row.budget for row in rows}


class TestWrite:
    def test_figure_within_a_sentence_is_filled(self, project: Path) -> None:
        """The rest of the page is nobody's but its author's."""
        assert main(["write"], project) == 0

        filled = f"A token takes <!-- figures: {RATIO} -->0.051{END} of that.\n"
        assert _readme(project) == filled
        assert main(["check"], project) == 0

    def test_figure_of_several_lines_stands_on_its_own(self, project: Path) -> None:
        """Markdown knows no table in the midst of a sentence."""
        _write(project, f"Before.\n\n<!-- figures: bench.table -->\n{END}\n\nAfter.\n")

        main(["write"], project)

        lines = _readme(project).splitlines()
        assert lines[2] == "<!-- figures: bench.table -->"
        assert lines[3].startswith("| what | measured |")
        assert lines[4] == "| --- | ---: | ---: | ---: | ---: | --- | --- | --- |"
        assert lines[5].endswith(r"| PyJWT \| decode | `access-known.floor` |")
        assert lines[-3:] == [END, "", "After."]

    def test_the_same_figure_may_stand_twice(self, project: Path) -> None:
        """Each is filled where it stands."""
        marker = f"<!-- figures: {RATIO} -->"
        _write(project, f"{marker}a{END} and {marker}{END}\n")

        main(["write"], project)

        assert _readme(project) == f"{marker}0.051{END} and {marker}0.051{END}\n"

    def test_pages_below_docs_are_filled(self, project: Path) -> None:
        """Wherever a figure stands."""
        page = project / "docs/explanation/p.md"
        page.parent.mkdir()
        page.write_text(f"<!-- figures: {RATIO} -->{END}")

        main(["write"], project)

        assert ">0.051<" in page.read_text()


class TestCheck:
    def test_stale_figure_is_named_with_its_page(
        self, project: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Whoever sees it must know where it stands and what to do."""
        assert main(["check"], project) == 1

        assert (
            f"README.md, line 1: {RATIO} is stale: run `make docs`"
            in capsys.readouterr().out
        )
        assert "old" in _readme(project)


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (f"\n<!-- figures: bench.no -->{END}", "line 2: bench.no: unknown"),
            (f"<!-- figures: no.table -->{END}", "no.table: unknown; there are bench."),
            (f"<!-- figures: {RATIO} -->1", f"line 1: {RATIO} is not closed"),
            (
                f"<!-- figures: {RATIO} -->1\n<!-- figures: bench.date -->{END}",
                f"line 1: {RATIO} is not closed",
            ),
            (f"1{END}", "line 1: <!-- /figures --> closes nothing"),
            (f"<!-- figures bench.table -->{END}", "is no marker"),
            (f"<!--figures: bench.table-->{END}", "is no marker"),
            ("<!-- figures: bench.table", "is no marker"),
            (f"a <!-- figures: bench.table -->{END}", "needs lines of its own"),
            (f"<!-- figures: bench.figure -->{END}", "missing a required argument"),
            (f"<!-- figures: bench.table a -->{END}", "too many positional"),
            (f"<!-- figures: bench.figure no.row -->{END}", "has no row no.row"),
            (
                f"<!-- figures: bench.own-time session-bytes.sessionauth -->{END}",
                "no time of its own",
            ),
            (
                f"<!-- figures: compare.machine -->{END}",
                "docs/figures/compare.json is missing: run `.venv/bin/python",
            ),
        ],
    )
    def test_wrong_marker_is_named(
        self,
        project: Path,
        text: str,
        said: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """A figure that is silently left alone is one that somebody typed."""
        _write(project, text)

        assert main(["write"], project) == 1
        assert said in capsys.readouterr().out
        assert _readme(project) == text

    def test_result_that_no_page_quotes_is_named(self, project: Path) -> None:
        """What nobody reads grows stale unseen."""
        (project / "docs/figures/compare.json").write_text(COMPARE.to_json())

        with pytest.raises(FigureError, match=r"no page quotes compare\.json"):
            read_pages(project)

    def test_result_that_can_not_be_read_is_named(self, project: Path) -> None:
        """Half a file, or one of another version."""
        (project / "docs/figures/bench.json").write_text("{}")

        with pytest.raises(FigureError, match=r"docs/figures/bench\.json: "):
            read_pages(project)


class TestBench:
    def test_missed_budgets_are_listed_with_by_how_much(self) -> None:
        """And those that nobody measured: they are not met."""
        text = bench.missed(BENCH)

        assert "- refresh: 0.50 x <= 0.4, missed by 25%; against peer." in text
        assert "access-first.es256" in text
        assert "session stored" not in text

    def test_met_budgets_are_counted_among_all(self) -> None:
        """Those that were not measured are not met."""
        met, _, total = bench.counted(BENCH).partition(" of ")

        assert met == "1"
        assert int(total) > 20

    def test_rows_of_one_kind_can_stand_alone(self) -> None:
        """And a run that left them out says so."""
        lines = bench.group(BENCH, "refresh").splitlines()

        assert len(lines) == 3
        assert lines[2].startswith("| refresh | 0.50 x |")
        assert bench.group(BENCH, "scale") == "Not measured in this run."

    def test_bytes_are_whole(self) -> None:
        """A tenth of a byte says nothing."""
        assert bench.figure(BENCH, "session-bytes.sessionauth") == "406"

    def test_machine_is_named_with_versions(self) -> None:
        """A figure without them is of no use."""
        assert bench.machine(BENCH) == "cores 2, Python 3.11.7"


class TestComparison:
    def test_rows_stand_by_mode(self, project: Path) -> None:
        """The file's own format, as the comparison writes it."""
        (project / "docs/figures/compare.json").write_text(COMPARE.to_json())
        _write(project, f"<!-- figures: compare.table -->\n{END}\n{_quoted()}")

        main(["write"], project)

        lines = _readme(project).splitlines()
        assert lines[1] == "|  | Session | JWT with denylist |"
        assert lines[3] == "| Title of share | 61 % | 70 % |"
        assert len(asdict(COMPARE)["rows"]) == 2

    def test_every_row_says_how_it_was_taken(self) -> None:
        """A figure without that can't be checked by anybody."""
        lines = comparison.how(COMPARE).splitlines()[2:]

        assert lines == [
            "| Title of share | timed | h | n |",
            "| Title of sql | counted | h | n |",
        ]

    def test_groups_can_be_chosen(self) -> None:
        """Twenty rows are too many for one page."""
        assert "share" not in comparison.full_table(COMPARE, "cost")
        with pytest.raises(FigureError, match="there is no group no"):
            comparison.full_table(COMPARE, "no")

    def test_one_cell_can_be_quoted(self) -> None:
        """Within a sentence of the README."""
        assert comparison.share(COMPARE, "session") == "61 %"
        assert comparison.cell(COMPARE, "sql", "session") == "0"
        assert comparison.machine(COMPARE) == "Linux, 2 processors, Python 3.11.7"

    @pytest.mark.parametrize(("row_id", "mode"), [("no", "session"), ("share", "no")])
    def test_unknown_cell_is_named(self, row_id: str, mode: str) -> None:
        """Ids are stable, but not for ever."""
        with pytest.raises(FigureError, match=r"no (row|mode) no"):
            comparison.cell(COMPARE, row_id, mode)


def _quoted() -> str:
    """Quote the other result, too."""
    return f"<!-- figures: bench.date -->{END}\n"
