"""SQL statements and Redis round trips of a request, counted inside the server."""

from collections.abc import Iterator
from dataclasses import dataclass

from demo_project.compare.counting import REDIS_HEADER, SQL_HEADER
from demo_project.compare.open_mode import OpenMode
from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.devices import Device, require_ok

PATH = "me/"
LATER_REQUESTS = 5


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one request cost inside the server."""

    sql: int
    redis: int


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Of the first request after a login, and of those after it."""

    first: Cost
    later: Cost


def measure(run: Run) -> Iterator[Row]:
    """Yield a row for SQL and one for Redis."""
    run.progress("counting SQL statements and Redis round trips")
    costs = {mode.name: _costs(mode) for mode in run.modes}
    for what, title in (
        ("sql", "SQL statements per request"),
        ("redis", "Redis round trips per request"),
    ):
        yield Row(
            id=what,
            group="cost",
            title=title,
            kind=Kind.COUNTED,
            better="lower",
            how="counted inside the server on api/me/, in the first request after a "
            f"login and in the {LATER_REQUESTS} after it",
            noise="exact",
            cells={name: _cell(cost, what) for name, cost in costs.items()},
        )


def _costs(mode: OpenMode) -> Costs:
    # The first login of all meets an empty store, which costs once in its life.
    require_ok(mode.logged_in("earlier").call(PATH), PATH)
    device = mode.logged_in("counted")
    first = _cost(device)
    later = [_cost(device) for _ in range(LATER_REQUESTS)]
    most = Cost(sql=max(c.sql for c in later), redis=max(c.redis for c in later))
    return Costs(first=first, later=most)


def _cost(device: Device) -> Cost:
    answer = require_ok(device.call(PATH, count=True), PATH)
    return Cost(
        sql=int(answer.headers[SQL_HEADER.lower()]),
        redis=int(answer.headers[REDIS_HEADER.lower()]),
    )


def _cell(costs: Costs, what: str) -> Cell:
    first, later = getattr(costs.first, what), getattr(costs.later, what)
    return Cell(
        text=f"{later} (the first after a login: {first})",
        value=later,
        details={"first": first, "later": later},
    )
