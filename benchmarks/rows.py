"""Rows of the one table that ``make bench`` prints."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.interleaved import Timing

_FORMAT = "{:<42} {:>10} {:>8} {:>9}  {}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure, what it is measured against, and the most that it should be."""

    name: str
    figure: float
    unit: str
    spread: float | None
    budget: float | None
    against: str

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
        return cls(
            name=name,
            figure=ours.median / other.median,
            unit="x",
            spread=ours.spread + other.spread,
            budget=budget,
            against=f"{against} ({other.median * 1e6:.0f} us)",
        )

    def cells(self) -> tuple[str, ...]:
        """Return the row as text, cell by cell."""
        digits = 2 if self.unit == "x" else 0
        return (
            self.name,
            f"{self.figure:.{digits}f} {self.unit}",
            "" if self.spread is None else f"{self.spread:.0%}",
            "" if self.budget is None else f"<= {self.budget:g}",
            self.against,
        )


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a table of text."""
    header = ("what", "measured", "spread", "budget", "against")
    return "\n".join(_FORMAT.format(*cells) for cells in (header, *_cells(rows)))


def _cells(rows: Iterable[Row]) -> list[tuple[str, ...]]:
    return [row.cells() for row in rows]
