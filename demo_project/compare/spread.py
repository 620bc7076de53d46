"""The middle of what was measured, and how far it scattered."""

import statistics
from collections.abc import Sequence

from demo_project.compare.result import Cell


def quartiles(figures: Sequence[float]) -> tuple[float, float, float]:
    """Return the lower quartile, the median and the upper quartile."""
    if len(figures) == 1:
        return figures[0], figures[0], figures[0]
    low, middle, high = statistics.quantiles(figures, n=4, method="inclusive")
    return low, middle, high


def percent(shares: Sequence[float]) -> Cell:
    """Return the cell of a share that was taken several times, 1 for all."""
    low, middle, high = quartiles([share * 100 for share in shares])
    text = f"{middle:.0f} % ({low:.0f} to {high:.0f})"
    return Cell(text=text, value=middle, low=low, high=high)


def milliseconds(seconds: Sequence[float], *, digits: int = 2) -> Cell:
    """Return the cell of a duration that was taken several times, in seconds."""
    low, middle, high = quartiles([taken * 1000 for taken in seconds])
    return Cell(
        text=f"{middle:.{digits}f} ms ({low:.{digits}f} to {high:.{digits}f})",
        value=middle,
        low=low,
        high=high,
    )
