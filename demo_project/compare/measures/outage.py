"""What is answered while Redis or the database is down, and after it came back."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from demo_project.compare.outages.holder import Holder
from demo_project.compare.outages.interruption import (
    Back,
    Down,
    after_return,
    log_in_before,
    timed,
    while_down,
)
from demo_project.compare.outages.words import REQUEST, WITH_ROW
from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Figure, Kind, Row
from demo_project.compare.servers.at_once import at_once

Hung = Mapping[str, tuple[int, float]]
"""A request's status and seconds, by mode."""

NOT_MEASURED = Cell(
    text="not measured: SQLite is no server that can stop; install PostgreSQL"
)


@dataclass(frozen=True, kw_only=True)
class Outage:
    """What stops, and how."""

    name: str
    title: str
    how: str
    stop: Callable[[Run], None]
    start: Callable[[Run], None]


def _stop_redis(run: Run) -> None:
    for mode in run.modes:
        mode.server.valkey.kill()


def _start_redis(run: Run) -> None:
    at_once(run.modes, lambda mode: mode.server.valkey.start())


REDIS = Outage(
    name="redis",
    title="Redis",
    how="the server was killed and started again on its append-only file",
    stop=_stop_redis,
    start=_start_redis,
)
DATABASE = Outage(
    name="database",
    title="the database",
    how="PostgreSQL was stopped as a crash does it, and started again on its data",
    stop=lambda run: run.database.stop(),
    start=lambda run: run.database.start(),
)


def measure(run: Run) -> Iterator[Row]:
    """Yield what stops with Redis and with the database, and what each mode needs."""
    hung = _while_redis_hangs(run)
    redis, redis_back = _down_and_back(run, REDIS)
    yield _stops(REDIS, {name: _down_cell(redis[name], hung[name]) for name in redis})
    yield _recovers(
        REDIS, {name: _back_cell(back) for name, back in redis_back.items()}
    )
    if not run.database.can_stop:
        nothing = {mode.name: NOT_MEASURED for mode in run.modes}
        yield from (_stops(DATABASE, nothing), _recovers(DATABASE, nothing))
        yield _services(nothing)
        return
    database, back = _down_and_back(run, DATABASE)
    yield _stops(DATABASE, {name: _down_cell(down) for name, down in database.items()})
    yield _recovers(DATABASE, {name: _back_cell(each) for name, each in back.items()})
    yield _services({n: _services_cell(redis[n], database[n]) for n in redis})


def _while_redis_hangs(run: Run) -> Hung:
    run.progress("letting Redis hang")
    holders = at_once(run.modes, lambda mode: Holder.logged_in(mode, "staying"))
    for holder in holders.values():
        holder.call()
    with ExitStack() as paused:
        for mode in run.modes:
            mode.server.valkey.pause()
            paused.callback(mode.server.valkey.resume)
        return at_once(run.modes, lambda mode: timed(holders[mode.name].call))


def _down_and_back(
    run: Run, outage: Outage
) -> tuple[Mapping[str, Down], Mapping[str, Back]]:
    run.progress(f"stopping {outage.title}")
    log_in = partial(log_in_before, with_due=outage is DATABASE)
    logins = at_once(run.modes, log_in)
    outage.stop(run)
    try:
        down = at_once(run.modes, lambda mode: while_down(mode, logins[mode.name]))
    finally:
        run.progress(f"starting {outage.title} again")
        outage.start(run)
    back = at_once(run.modes, lambda mode: after_return(mode, logins[mode.name]))
    return down, back


def _stops(outage: Outage, cells: Mapping[str, Cell]) -> Row:
    hangs = "; hanging is a server that was paused" if outage is REDIS else ""
    return Row(
        id=f"{outage.name}_stops",
        group="outage",
        title=f"While {outage.title} is down",
        kind=Kind.OBSERVED,
        how="what api/me/ and the endpoints of auth/ answer logins of before, and a "
        "new one; "
        f"{outage.how}{hangs}",
        noise="exact",
        cells=cells,
    )


def _recovers(outage: Outage, cells: Mapping[str, Cell]) -> Row:
    return Row(
        id=f"{outage.name}_recovers",
        group="outage",
        title=f"When {outage.title} is back",
        kind=Kind.OBSERVED,
        how="the same logins again, with nothing else restarted; "
        f"{outage.how}; the time to the first 200, since all modes' servers are back, "
        "is among the details",
        noise="exact",
        cells=cells,
    )


def _services(cells: Mapping[str, Cell]) -> Row:
    return Row(
        id="services_needed",
        group="operations",
        title="What must be up for a request of who is logged in",
        kind=Kind.OBSERVED,
        better="lower",
        how="derived from what was answered while Redis and the database were down: "
        "whatever a request failed without is needed",
        noise="exact",
        cells=cells,
    )


def _down_cell(down: Down, hung: tuple[int, float] | None = None) -> Cell:
    parts = [", ".join(f"{what} {status}" for what, status in down.statuses.items())]
    details: dict[str, Figure] = dict(down.statuses)
    if down.keeps_cookies is not None:
        parts.append("the cookies stay" if down.keeps_cookies else "cookies are lost")
        details["keeps_cookies"] = down.keeps_cookies
    if hung is not None:
        status, seconds = hung
        parts.append(f"while it hangs, {REQUEST} {status}")
        details |= {"hung_status": status, "hung_seconds": round(seconds, 3)}
    return Cell(text="; ".join(parts), details=details)


def _back_cell(back: Back) -> Cell:
    return Cell(
        text="; ".join(f"{who}: {what}" for who, what in back.answers.items()),
        details={
            "milliseconds_to_first_200": back.seconds and round(back.seconds * 1000, 1)
        },
    )


def _services_cell(redis: Down, database: Down) -> Cell:
    needed = ["Redis"] if redis.statuses[REQUEST] != HTTPStatus.OK else []
    if database.statuses[REQUEST] != HTTPStatus.OK:
        needed.append("the database")
    elif database.statuses.get(WITH_ROW, HTTPStatus.OK) != HTTPStatus.OK:
        needed.append("once a minute the database")
    return Cell(
        text=" and ".join(needed) or "nothing besides the server itself",
        value=len(needed),
    )
