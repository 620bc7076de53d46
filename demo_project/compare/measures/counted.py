"""SQL statements and Redis round trips of a request, counted inside the server."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from demo_project.compare.counting.caller import Cost, cost_of, counting_login
from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.compare.servers.at_once import at_once
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.devices import Device, require_ok

PATH = "me/"
LATER_REQUESTS = 5
# A first request is cheaper where an earlier login has filled its shard. Of four in a
# row one meets an empty shard, but for once in many millions of runs.
FRESH_LOGINS = 4
HOW = (
    "counted inside the server on api/me/, in the first request after a login and in "
    f"the {LATER_REQUESTS} after it; the highest of {FRESH_LOGINS} logins. "
)
WHY = {
    "sql": "A session's user is checked in its first request and then once a minute; "
    "where the user's row is looked at with every request, that is the one statement. "
    "jwt needs none but to fill one of the denylist's 256 shards: for the first login "
    "that meets it, once in the life of a Redis",
    "redis": "A session is loaded and extended in one, and its first request notes "
    "that the user was checked, unless every request does. jwt asks the denylist in "
    "one, or nobody with refresh only; to fill one of its 256 shards takes five more: "
    "for the first login that meets it, once in the life of a Redis",
}


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Of the first request after a login, and of those after it."""

    first: Cost
    later: Cost


def measure(run: Run) -> Iterator[Row]:
    """Yield a row for SQL and one for Redis."""
    run.progress("counting SQL statements and Redis round trips")
    costs = at_once(run.modes, _costs)
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
            how=HOW + WHY[what],
            noise="exact",
            cells={name: _cell(cost, what) for name, cost in costs.items()},
        )


def _costs(mode: OpenMode) -> Costs:
    # The first login of all meets an empty store, which costs once in its life.
    require_ok(mode.logged_in("earlier").call(PATH), PATH)
    first, later = [], []
    for number in range(FRESH_LOGINS):
        device = counting_login(mode, f"counted {number}")
        first.append(_cost(device))
        later += [_cost(device) for _ in range(LATER_REQUESTS)]
    return Costs(first=_highest(first), later=_highest(later))


def _highest(costs: Sequence[Cost]) -> Cost:
    return Cost(sql=max(c.sql for c in costs), redis=max(c.redis for c in costs))


def _cost(device: Device) -> Cost:
    return cost_of(require_ok(device.call(PATH), PATH))


def _cell(costs: Costs, what: str) -> Cell:
    first, later = getattr(costs.first, what), getattr(costs.later, what)
    more = "" if first == later else f" (up to {first} in the first after a login)"
    return Cell(
        text=f"{later}{more}", value=later, details={"first": first, "later": later}
    )
