"""Requests per second of a view, as a share of the same view without authentication."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from demo_project.compare.plan import Plan, Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.compare.servers.at_once import at_once
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.compare.spread import milliseconds, percent
from demo_project.compare.timing import seconds_of
from demo_project.devices import Device

PUBLIC, GUARDED = "public/", "me/"
# Requests to one view before the other has its turn.
TURN = 10
WARM_UP_REQUESTS = 50
CLIENT = "one client"


@dataclass(kw_only=True)
class Timings:
    """What one mode's requests took, in seconds, by view; and the rounds' shares."""

    devices: Mapping[str, Device]
    """By view. Cookies would come along to the public one, too, and be verified."""
    seconds: dict[str, list[float]] = field(
        default_factory=lambda: {PUBLIC: [], GUARDED: []}
    )
    shares: list[float] = field(default_factory=list)

    def add_round(self, requests: int) -> None:
        """Time both views in turns so short that a noisy neighbour hits both."""
        spent = {PUBLIC: 0.0, GUARDED: 0.0}
        for _ in range(max(1, requests // TURN)):
            for path in spent:
                taken = [_seconds(self.devices[path], path) for _ in range(TURN)]
                self.seconds[path] += taken
                spent[path] += sum(taken)
        self.shares.append(spent[PUBLIC] / spent[GUARDED])


def measure(run: Run) -> Iterator[Row]:
    """Yield the share, and how long the middle and the slowest requests take."""
    timings = at_once(run.modes, _warmed_up)
    for number in _rounds(run.plan):
        run.progress(f"requests per second, round {number + 1} of {run.plan.rounds}")
        for timing in timings.values():
            timing.add_round(run.plan.requests_per_round)
    yield _share_row(timings)
    yield _latency_row(timings, "p50", "A request in the middle", 50)
    yield _latency_row(timings, "p99", "The slowest of a hundred requests", 99)


def _rounds(plan: Plan) -> Iterator[int]:
    """Count the rounds of the plan, or those that the time allows, at least one."""
    deadline = time.monotonic() + plan.longest_seconds
    for number in range(plan.rounds):
        if number and time.monotonic() > deadline:
            return
        yield number


def _warmed_up(mode: OpenMode) -> Timings:
    """Let the server do what it does once in its life, before it is timed."""
    devices = {
        PUBLIC: mode.new_device("stranger"),
        GUARDED: mode.logged_in("throughput"),
    }
    for path in (PUBLIC, GUARDED) * WARM_UP_REQUESTS:
        _seconds(devices[path], path)
    return Timings(devices=devices)


def _seconds(device: Device, path: str) -> float:
    return seconds_of(partial(device.call, path), path)


def _share_row(timings: Mapping[str, Timings]) -> Row:
    return Row(
        id="share",
        group="speed",
        title="Requests per second, of the same view's without authentication",
        kind=Kind.TIMED,
        unit="%",
        better="higher",
        how=f"api/me/ of who is logged in beside api/public/ of who isn't, {CLIENT}, a "
        f"connection for each, {TURN} requests of each in turns; the modes take turns "
        "as well",
        noise=f"median and quartiles of {_made(timings)} rounds",
        cells={name: _share(timing) for name, timing in timings.items()},
    )


def _latency_row(
    timings: Mapping[str, Timings], row_id: str, title: str, percentile: int
) -> Row:
    rounds = _made(timings)
    return Row(
        id=row_id,
        group="speed",
        title=title,
        kind=Kind.TIMED,
        unit="ms",
        better="lower",
        how=f"api/me/, {CLIENT}; percentile {percentile} of each round's requests",
        noise=f"median and quartiles of {rounds} rounds",
        cells={
            name: _latency(timing, percentile, rounds)
            for name, timing in timings.items()
        },
    )


def _made(timings: Mapping[str, Timings]) -> int:
    return len(next(iter(timings.values())).shares)


def _share(timing: Timings) -> Cell:
    rates = {path: 1 / statistics.median(s) for path, s in timing.seconds.items()}
    return replace(
        percent(timing.shares),
        details={
            "me_per_second": rates[GUARDED],
            "public_per_second": rates[PUBLIC],
        },
    )


def _latency(timing: Timings, percentile: int, rounds: int) -> Cell:
    taken = timing.seconds[GUARDED]
    each = len(taken) // rounds
    return milliseconds(
        [
            _percentile(taken[number * each : (number + 1) * each], percentile)
            for number in range(rounds)
        ]
    )


def _percentile(figures: Sequence[float], percentile: int) -> float:
    return statistics.quantiles(figures, n=100, method="inclusive")[percentile - 1]
