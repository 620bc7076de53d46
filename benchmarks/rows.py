"""Rows of the one table that ``make bench`` prints."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.budgets import BUDGETS
from benchmarks.interleaved import Timing

_HEADER = ("what", "measured", "spread", "own time", "budget", "verdict", "against")
_ALIGNMENT = "<>>>><<"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure, and what it is measured against."""

    id: str
    """By which documents quote it: it outlives a better name."""
    what: str
    figure: float
    unit: str
    """``x`` for a ratio, ``bytes``; empty for what is counted."""
    against: str
    spread: float | None = None
    own_time: float | None = None
    """The same ratio, of the time that the process itself was busy."""

    @classmethod
    def of(
        cls, row_id: str, what: str, ours: Timing, other: Timing, *, against: str
    ) -> "Row":
        """Return the row of a ratio of two timings."""
        figure, spread = ours.ratio_to(other)
        return cls(
            id=row_id,
            what=what,
            figure=figure,
            unit="x",
            against=f"{against} ({_duration(other.median)})",
            spread=spread,
            own_time=ours.cpu_ratio_to(other),
        )

    @property
    def budget(self) -> float | None:
        """The most that the figure should be."""
        return BUDGETS.get(self.id)

    @property
    def verdict(self) -> str:
        """Say whether the budget is met; empty where there is none."""
        if self.budget is None:
            return ""
        if self.figure <= self.budget:
            return "met"
        if self.budget == 0:
            return f"missed by {self.figure:g}"
        excess = self.figure / self.budget - 1
        # "missed by 0%" would read like met.
        return f"missed by {excess:.{0 if excess >= 0.01 else 1}%}"  # noqa: PLR2004

    def cells(self) -> tuple[str, ...]:
        """Return the row as text, cell by cell."""
        return (
            self.what,
            self._measured(),
            "" if self.spread is None else f"{self.spread:.0%}",
            "" if self.own_time is None else _times(self.own_time),
            "" if self.budget is None else f"<= {self.budget:g}",
            self.verdict,
            self.against,
        )

    def _measured(self) -> str:
        if self.unit == "x":
            return _times(self.figure)
        return f"{self.figure:.1f} {self.unit}".rstrip()


def slug(name: str) -> str:
    """Return a name as a part of an id."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a table of text."""
    lines = [_HEADER, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    shapes = list(zip(_ALIGNMENT, widths, strict=True))
    return "\n".join(_line(cells, shapes) for cells in lines)


def _line(cells: Iterable[str], shapes: Iterable[tuple[str, int]]) -> str:
    padded = [
        f"{cell:{alignment}{width}}"
        for cell, (alignment, width) in zip(cells, shapes, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _times(ratio: float) -> str:
    # Two digits of 0.05 would be one.
    return f"{ratio:.{2 if ratio >= 0.1 else 3}f} x"  # noqa: PLR2004


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1e6, 1):,} us"
