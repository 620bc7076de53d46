"""What templates are given: the page's order, and all that was measured."""

from demo_project.compare.report.presentation import MEANINGS, present
from demo_project.compare.result import Cell, Kind
from tests.demo_project.compare.results import cell, result, row, words


class TestGroups:
    def test_they_are_in_the_order_of_the_page_and_only_those_with_rows(self) -> None:
        """Measures run in another order than they are read."""
        presented = present(result(words("SECRET_KEY"), row()))

        assert [group.id for group in presented.groups] == ["speed", "operations"]
        assert presented.groups[0].heading == "Speed of a request"

    def test_charts_are_the_rows_with_numbers(self) -> None:
        """A frame around nothing would look broken."""
        rows = row(), words("nothing", group="speed", id="words")

        (group,) = present(result(*rows)).groups

        assert [row.id for row in group.charts] == ["p50"]
        assert [row.id for row in group.rows] == ["p50", "words"]


class TestCells:
    def test_they_are_in_the_order_of_the_modes(self) -> None:
        """A cell in a wrong column is a wrong measurement."""
        of = row({"jwt": cell(6), "session": cell(3)})

        (presented,) = present(result(of)).groups[0].rows

        assert [c.mode for c in presented.cells] == ["session", "jwt, denylist"]
        assert [c.text for c in presented.cells] == ["3 ms", "6 ms"]

    def test_figure_and_remark_make_up_the_text(self) -> None:
        """Nothing that was measured may be lost between them."""
        (presented,) = present(result(row())).groups[0].rows

        first = presented.cells[0]
        assert (first.figure, first.remark) == ("3.0 ms", "(2.5 to 4.0)")

    def test_words_stay_in_one_piece(self) -> None:
        """Brackets in a sentence are no quartiles."""
        (presented,) = present(result(words("401 (no such user)"))).groups[0].rows

        assert presented.cells[0].figure == "401 (no such user)"
        assert presented.cells[0].remark == ""

    def test_what_was_not_measured_is_told_apart(self) -> None:
        """It must not be read as an answer."""
        of = row({"session": Cell(text="not measured: no PostgreSQL"), "jwt": cell(6)})

        (presented,) = present(result(of)).groups[0].rows

        assert [c.is_measured for c in presented.cells] == [False, True]


class TestRun:
    def test_instant_and_duration_are_in_words(self) -> None:
        """Templates that write numbers ask settings that a command has not."""
        presented = present(result())

        assert presented.taken_at == "2026-03-01 12:34 UTC"
        assert presented.duration == "2 min 35 s"

    def test_run_under_a_minute_has_no_minutes(self) -> None:
        """Nobody says 0 minutes."""
        assert present(result(seconds=41.4)).duration == "41 s"

    def test_only_kinds_that_occur_are_explained(self) -> None:
        """A legend of what isn't there sends the reader looking."""
        kinds = present(result()).kinds

        assert [kind.name for kind in kinds] == ["timed", "observed"]

    def test_every_kind_has_a_meaning(self) -> None:
        """A row of a kind without one would be a riddle."""
        assert set(MEANINGS) == set(Kind)
