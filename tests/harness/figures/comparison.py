"""Figures of ``make compare``."""

from collections.abc import Callable, Iterable, Mapping

from demo_project.compare.result import GROUPS, Cell, Kind, Result, Row
from tests.harness.figures.markdown import table
from tests.harness.figures.markers import FigureError


def full_table(result: Result, *groups: str) -> str:
    """The rows by mode: of some groups, or of all."""
    if unknown := set(groups) - set(GROUPS):
        raise FigureError(f"there is no group {', '.join(sorted(unknown))}")
    wanted = groups or tuple(GROUPS)
    return _by_mode(result, (row for row in result.rows if row.group in wanted))


def counts(result: Result) -> str:
    """The rows that are exact, whichever machine they are counted on."""
    return _by_mode(result, (row for row in result.rows if row.kind is Kind.COUNTED))


def machine(result: Result) -> str:
    """The machine, and every version."""
    found = result.machine
    versions = [f"{name} {version}" for name, version in found.versions.items()]
    return ", ".join([found.system, f"{found.processors} processors", *versions])


def taken_on(result: Result) -> str:
    """The day."""
    return result.taken_at[:10]


def cell(result: Result, row_id: str, mode: str) -> str:
    """What one mode has in one row, unit included."""
    return _cell(result, row_id, mode).text


def value(result: Result, row_id: str, mode: str) -> str:
    """The number alone."""
    found = _cell(result, row_id, mode).value
    if found is None:
        raise FigureError(f"{row_id} of {mode} is no number")
    return f"{found:,.3g}" if abs(found) < 100 else f"{found:,.0f}"


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
    "counts": counts,
    "machine": machine,
    "date": taken_on,
    "cell": cell,
    "value": value,
    "share": share,
}
