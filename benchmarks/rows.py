"""Rows of the one table that ``make bench`` prints."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.interleaved import Timing

_HEADER = ("what", "measured", "spread", "own time", "budget", "verdict", "against")
_ALIGNMENT = "<>>>><<"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure, what it is measured against, and the most that it should be."""

    name: str
    figure: float
    unit: str
    spread: float | None
    budget: float | None
    against: str
    cpu: float | None = None
    """The same ratio, of the time that the process itself was busy."""

    @classmethod
    def of(
        cls,
        name: str,
        ours: Timing,
        other: Timing,
        *,
        against: str,
        budget: float | None,
    ) -> "Row":
        """Return the row of a ratio of two timings."""
        figure, spread = ours.ratio_to(other)
        return cls(
            name=name,
            figure=figure,
            unit="x",
            spread=spread,
            budget=budget,
            against=f"{against} ({_duration(other.median)})",
            cpu=ours.cpu_ratio_to(other),
        )

    @property
    def verdict(self) -> str:
        """Say whether the budget is met; empty where there is none."""
        if self.budget is None:
            return ""
        if self.figure <= self.budget:
            return "met"
        if self.budget == 0:
            return f"missed by {self.figure:g}"
        return f"missed by {self.figure / self.budget - 1:.0%}"

    def cells(self) -> tuple[str, ...]:
        """Return the row as text, cell by cell."""
        digits = 2 if self.unit == "x" else 1
        return (
            self.name,
            f"{self.figure:.{digits}f} {self.unit}",
            "" if self.spread is None else f"{self.spread:.0%}",
            "" if self.cpu is None else f"{self.cpu:.2f} x",
            "" if self.budget is None else f"<= {self.budget:g}",
            self.verdict,
            self.against,
        )


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


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1e6, 1):,} us"
