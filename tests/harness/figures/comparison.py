"""Figures of ``make compare``."""

from collections.abc import Callable, Iterable, Mapping

from demo_project.compare.report.table import machine_line
from demo_project.compare.result import GROUPS, Cell, Result, Row
from tests.harness.figures.markdown import table
from tests.harness.figures.markers import FigureError


def full_table(result: Result, *groups: str) -> str:
    """The rows by mode: of some groups, or of all."""
    if unknown := set(groups) - set(GROUPS):
        raise FigureError(f"there is no group {', '.join(sorted(unknown))}")
    wanted = groups or tuple(GROUPS)
    return _by_mode(result, (row for row in result.rows if row.group in wanted))


def how(result: Result) -> str:
    """How each row came about, and how far to trust it."""
    lines = [[row.title, row.kind, row.how, row.noise] for row in result.rows]
    return table(("row", "kind", "how it was taken", "noise"), lines)


def machine(result: Result) -> str:
    """The machine, and every version."""
    return machine_line(result.machine)


def cell(result: Result, row_id: str, mode: str) -> str:
    """What one mode has in one row, unit included."""
    return _cell(result, row_id, mode).text


def share(result: Result, mode: str) -> str:
    """Requests per second, as a share of the same view with nobody asked."""
    return cell(result, "share", mode)


def _by_mode(result: Result, rows: Iterable[Row]) -> str:
    names = [mode.name for mode in result.modes]
    lines = [[row.title, *(row.cells[name].text for name in names)] for row in rows]
    header = ("", *(mode.title for mode in result.modes))
    return table(header, lines, right=frozenset(range(1, len(header))))


def _cell(result: Result, row_id: str, mode: str) -> Cell:
    row = result.row(row_id)
    if row is None:
        raise FigureError(f"compare.json has no row {row_id}")
    if mode not in row.cells:
        raise FigureError(f"there is no mode {mode}; there are {', '.join(row.cells)}")
    return row.cells[mode]


FIGURES: Mapping[str, Callable[..., str]] = {
    "table": full_table,
    "how": how,
    "machine": machine,
    "cell": cell,
    "share": share,
}
