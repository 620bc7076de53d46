"""Rows of the table: what a figure says of its budget."""

import pytest

from benchmarks.budgets import BUDGETS, not_measured
from benchmarks.interleaved import Timing
from benchmarks.rows import Row, slug, table

BUDGETED = "refresh.jwtauth"
COUNTED = "counts.session-sql"


def _row(figure: float, row_id: str = BUDGETED, unit: str = "x") -> Row:
    return Row(id=row_id, what="w", figure=figure, unit=unit, against="a")


class TestVerdict:
    @pytest.mark.parametrize(
        ("share_of_budget", "verdict"),
        [
            (0.5, "met"),
            (1.0, "met"),
            (1.35, "missed by 35%"),
            # "missed by 0%" would read like met.
            (1.002, "missed by 0.2%"),
        ],
    )
    def test_figure_is_judged_by_its_budget(
        self, share_of_budget: float, verdict: str
    ) -> None:
        """Exactly as much as is allowed is allowed."""
        assert _row(share_of_budget * BUDGETS[BUDGETED]).verdict == verdict

    def test_nothing_allowed_is_missed_by_what_there_is(self) -> None:
        """There is no share of nothing."""
        assert _row(0, COUNTED).verdict == "met"
        assert _row(2, COUNTED).verdict == "missed by 2"

    def test_row_without_a_budget_is_not_judged(self) -> None:
        """Peers are there for scale."""
        row = _row(9, "refresh.floor")

        assert row.budget is None
        assert row.verdict == ""


class TestRow:
    def test_ratio_is_the_median_over_rounds(self) -> None:
        """What slows one round of both cancels out; one bad round counts for little."""
        ours = Timing(rounds=(2.0, 20.0, 2.0, 9.0), cpu_rounds=(1.0, 1.0, 1.0, 1.0))
        other = Timing(rounds=(1.0, 10.0, 1.0, 1.0), cpu_rounds=(2.0, 2.0, 2.0, 2.0))

        row = Row.of("a.b", "w", ours, other, against="a")

        assert (row.figure, row.own_time, row.unit) == (2.0, 0.5, "x")
        assert row.against == "a (1,000,000.0 us)"

    def test_table_has_a_line_for_each_row(self) -> None:
        """Small ratios keep two digits that say something."""
        lines = table([_row(0.0512), _row(405.6, "session-bytes.django", "bytes")])

        assert "0.051 x" in lines.splitlines()[1]
        assert "405.6 bytes" in lines.splitlines()[2]

    def test_slug_is_what_an_id_may_hold(self) -> None:
        """Markers in documents are split at spaces."""
        assert slug("Django cache, django-redis") == "django-cache-django-redis"


def test_budgets_without_a_row_are_named() -> None:
    """A table that lacks a row must not look complete."""
    measured = set(BUDGETS) - {COUNTED, BUDGETED}

    assert not_measured(measured) == sorted([COUNTED, BUDGETED])
