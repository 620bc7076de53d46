"""Figures of ``make bench``."""

from collections.abc import Callable, Mapping

from benchmarks.result import Result
from benchmarks.rows import Row
from tests.harness.figures.markdown import table
from tests.harness.figures.markers import FigureError

_HEADER = (
    "what",
    "measured",
    "spread",
    "own time",
    "budget",
    "verdict",
    "against",
    "id",
)
_RIGHT = frozenset({1, 2, 3, 4})
_OPERATIONS = {
    "read": "read",
    "read, changed and saved": "read-changed-and-saved",
    "logged in and out": "logged-in-and-out",
}
_ENGINES = {
    "sessionauth": "sessionauth",
    "`cache` on Django's RedisCache": "django-cache-rediscache",
    "`cached_db`": "django-cached-db",
    "`db`": "django-db",
}


def full_table(result: Result) -> str:
    """Every row, peers and floors included."""
    rows = [[*row.cells(), f"`{row.id}`"] for row in result.rows]
    return table(_HEADER, rows, right=_RIGHT)


def group(result: Result, prefix: str) -> str:
    """The rows whose id begins with ``prefix`` and a dot; a run may lack them all."""
    rows = [row for row in result.rows if row.id.startswith(f"{prefix}.")]
    if not rows:
        return "Not measured in this run."
    return table(_HEADER[:-1], [row.cells() for row in rows], right=_RIGHT)


def missed(result: Result) -> str:
    """The budgets that are missed, by how much and how surely; and those not taken."""
    lines = [_missed(row) for row in result.rows if row.verdict not in {"", "met"}]
    if result.not_measured:
        lines.append(f"- Not measured: {', '.join(result.not_measured)}.")
    return "\n".join(lines) or "None."


def counted(result: Result) -> str:
    """How many budgets there are, and how many of them are met."""
    verdicts = [row.verdict for row in result.rows if row.budget is not None]
    total = len(verdicts) + len(result.not_measured)
    return f"{verdicts.count('met')} of {total}"


def machine(result: Result) -> str:
    """The machine, and every version."""
    return result.machine_line()


def measured_on(result: Result) -> str:
    """The day."""
    return result.measured_on.isoformat()


def figure(result: Result, row_id: str) -> str:
    """The number of one row, without its unit."""
    row = _row(result, row_id)
    if row.unit != "x":
        return f"{row.figure:,.0f}"
    # As in the table, where two digits of 0.05 would be one.
    return row.cells()[1].removesuffix(" x")


def own_time(result: Result, row_id: str) -> str:
    """The same ratio, of the time that the process itself was busy."""
    row = _row(result, row_id)
    if row.own_time is None:
        raise FigureError(f"{row_id} has no time of its own: it is no ratio")
    return f"{row.own_time:.2f}"


def engines(result: Result) -> str:
    """Session engines side by side, in times of Django's ``cache`` on django-redis."""
    keys = _ENGINES.values()
    rows = [
        [name, *(_both(result, f"engines-{operation}.{key}") for key in keys)]
        for name, operation in _OPERATIONS.items()
    ]
    stored = [figure(result, f"engines-bytes.{key}") for key in keys]
    rows.append(["bytes stored", *stored])
    return table(("", *_ENGINES), rows, right=frozenset(range(1, len(_ENGINES) + 1)))


def _both(result: Result, row_id: str) -> str:
    return f"{figure(result, row_id)} ({own_time(result, row_id)})"


def _missed(row: Row) -> str:
    what, measured, spread, own, budget, verdict, against = row.cells()
    noise = f", spread {spread}, own time {own}" if spread else ""
    return f"- {what}: {measured} {budget}, {verdict}; against {against}{noise}."


def _row(result: Result, row_id: str) -> Row:
    row = result.row(row_id)
    if row is None:
        raise FigureError(f"bench.json has no row {row_id}")
    return row


FIGURES: Mapping[str, Callable[..., str]] = {
    "table": full_table,
    "group": group,
    "missed": missed,
    "met": counted,
    "machine": machine,
    "date": measured_on,
    "figure": figure,
    "own-time": own_time,
    "engines": engines,
}
