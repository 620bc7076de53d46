"""What it takes to stay logged in when the access token has expired."""

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from demo_project.compare.counting.caller import Cost, cost_of, counting_login
from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.compare.spread import milliseconds
from demo_project.compare.timing import seconds_of
from demo_project.devices import RefreshingDevice, require_ok

COUNTED_REFRESHES = 5
PATH = "auth/token/refresh/"
NOTHING = Cell(text="nothing to refresh: each request extends the session")

Devices = Mapping[str, RefreshingDevice]
"""By the mode's name, of the modes that have something to refresh."""


def measure(run: Run) -> Iterator[Row]:
    """Yield the time of a refresh, its SQL statements and its Redis round trips."""
    devices = {mode.name: refreshing(mode) for mode in run.modes if mode.mode.is_jwt}
    run.progress("counting what a refresh costs")
    costs = {mode.name: _most(mode) for mode in run.modes if mode.mode.is_jwt}
    run.progress(f"refreshing, {run.plan.refreshes} times each")
    seconds = _seconds(devices, run.plan.refreshes)
    yield Row(
        id="refresh",
        group="login",
        title="A refresh",
        kind=Kind.TIMED,
        unit="ms",
        better="lower",
        how=f"POST {PATH} until the new tokens are there, one client, one connection",
        noise=f"median and quartiles of {run.plan.refreshes}; the modes take turns",
        cells=_cells(run, lambda name: milliseconds(seconds[name])),
    )
    yield _counted(run, "refresh_sql", "SQL statements of a refresh", costs, _sql)
    yield _counted(
        run, "refresh_redis", "Redis round trips of a refresh", costs, _redis
    )


def refreshing(mode: OpenMode) -> RefreshingDevice:
    """Return a device of a mode that has refresh tokens, logged in."""
    return cast("RefreshingDevice", mode.logged_in("refresh"))


def _seconds(devices: Devices, repeats: int) -> Mapping[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in devices}
    for _ in range(repeats):
        for name, device in devices.items():
            seconds[name].append(seconds_of(device.refresh, PATH))
    return seconds


def _most(mode: OpenMode) -> Cost:
    device = cast("RefreshingDevice", counting_login(mode, "counted refresh"))
    costs = [
        cost_of(require_ok(device.refresh(), PATH)) for _ in range(COUNTED_REFRESHES)
    ]
    return Cost(sql=max(map(_sql, costs)), redis=max(map(_redis, costs)))


def _sql(cost: Cost) -> int:
    return cost.sql


def _redis(cost: Cost) -> int:
    return cost.redis


def _counted(
    run: Run,
    row_id: str,
    title: str,
    costs: Mapping[str, Cost],
    count: Callable[[Cost], int],
) -> Row:
    def cell(name: str) -> Cell:
        return Cell(text=str(count(costs[name])), value=count(costs[name]))

    return Row(
        id=row_id,
        group="login",
        title=title,
        kind=Kind.COUNTED,
        better="lower",
        how=f"counted inside the server; the most of {COUNTED_REFRESHES} refreshes",
        noise="exact",
        cells=_cells(run, cell),
    )


def _cells(run: Run, cell: Callable[[str], Cell]) -> dict[str, Cell]:
    return {
        mode.name: cell(mode.name) if mode.mode.is_jwt else NOTHING
        for mode in run.modes
    }
