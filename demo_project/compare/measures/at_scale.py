"""What requests, refreshes and logins cost with many logins stored (``--scale``)."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import cast

from demo_project.compare.fill.filled_mode import FilledMode
from demo_project.compare.measures.logins import time_login
from demo_project.compare.measures.throughput import GUARDED, PUBLIC, TURN
from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.compare.spread import milliseconds, percent
from demo_project.compare.timing import seconds_of
from demo_project.devices import BROWSER, RefreshingDevice, require_ok

KNOWN = 500
"""How many of the stored logins are asked for, one after the other."""
FILLED_AT_ONCE = 250_000
"""By one run of the program that fills: it says nothing until it is done."""
AT_A_TIME = 2
"""Modes that are filled together; nothing is timed meanwhile."""
FEWER = 2
"""For each size there are so many times fewer rounds, of fewer requests."""
MEGABYTE = 1_000_000

Seconds = Mapping[str, list[float]]
"""What was taken, by the mode's name."""


def measure(run: Run) -> Iterator[Row]:
    """Yield the rows of each size of the plan, each time with more logins stored."""
    if not run.plan.scale:
        return
    filled = [FilledMode(mode) for mode in run.modes]
    stored = 0
    for size in run.plan.scale:
        _fill(run, filled, stored, size)
        stored = size
        yield _share_row(run, filled, size)
        yield _refresh_row(run, filled, size)
        yield _login_row(run, filled, size)
        yield _stored_row(run, filled, size)


def _fill(run: Run, filled: Sequence[FilledMode], stored: int, size: int) -> None:
    for mode in filled:
        mode.forget()
    for start in range(stored, size, FILLED_AT_ONCE):
        end = min(start + FILLED_AT_ONCE, size)
        run.progress(f"storing logins in every mode: {start:,} to {end:,} of {size:,}")
        known = -(-KNOWN * (end - start) // (size - stored))
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            list(pool.map(partial(FilledMode.fill, stored=end, known=known), filled))
    # What is still on its way to the disk would take the processors' time.
    os.sync()
    for mode in filled:
        run.progress(f"{size:,} logins: calling as {len(mode.known)} of {mode.name}")
        mode.open()
        for _ in mode.known:
            require_ok(mode.next_device().call(GUARDED), GUARDED)


def _share_row(run: Run, filled: Sequence[FilledMode], size: int) -> Row:
    rounds = max(1, run.plan.rounds // FEWER)
    requests = run.plan.requests_per_round // FEWER
    shares: Seconds = {mode.name: [] for mode in filled}
    for number in range(rounds):
        run.progress(f"{size:,} logins: requests, round {number + 1} of {rounds}")
        for mode in filled:
            shares[mode.name].append(_share(mode, requests))
    return _row(
        f"share_at_{size}",
        f"Requests per second with {size:,} logins stored, of the same view's without "
        "authentication",
        unit="%",
        how=f"api/me/ beside api/public/, {TURN} requests of each in turns, each by "
        f"another one of {KNOWN} logins from all over the store that have called; "
        "where a session's last call is more than a minute ago, with a look at its "
        "user",
        noise=f"median and quartiles of {rounds} rounds; the modes take turns",
        cells={name: percent(taken) for name, taken in shares.items()},
    )


def _share(mode: FilledMode, requests: int) -> float:
    spent = {PUBLIC: 0.0, GUARDED: 0.0}
    for _ in range(max(1, requests // TURN)):
        for path in spent:
            spent[path] += sum(_call(mode, path) for _ in range(TURN))
    return spent[PUBLIC] / spent[GUARDED]


def _call(mode: FilledMode, path: str) -> float:
    device = mode.stranger if path == PUBLIC else mode.next_device()
    return seconds_of(partial(device.call, path), path)


def _refresh_row(run: Run, filled: Sequence[FilledMode], size: int) -> Row:
    taken: Seconds = {mode.name: [] for mode in filled}
    refreshing = [mode for mode in filled if mode.mode.mode.is_jwt]
    run.progress(f"{size:,} logins: refreshing")
    # Each login once: whoever comes again has another token by then.
    repeats = min([run.plan.refreshes, *(len(mode.known) for mode in refreshing)])
    for _ in range(repeats):
        for mode in refreshing:
            taken[mode.name].append(_refresh(mode))
    return _row(
        f"refresh_at_{size}",
        f"A refresh with {size:,} logins stored",
        unit="ms",
        how="POST auth/token/refresh/, each by another login; one login in ten is an "
        "ended one, on the denylist where there is one",
        noise=f"median and quartiles of {repeats} refreshes; the modes take turns",
        cells={
            name: milliseconds(seconds) if seconds else Cell(text="nothing to refresh")
            for name, seconds in taken.items()
        },
    )


def _refresh(mode: FilledMode) -> float:
    device = cast("RefreshingDevice", mode.next_device())
    return seconds_of(device.refresh, "auth/token/refresh/")


def _login_row(run: Run, filled: Sequence[FilledMode], size: int) -> Row:
    taken: Seconds = {mode.name: [] for mode in filled}
    for number in range(run.plan.logins):
        run.progress(f"{size:,} logins: login {number + 1} of {run.plan.logins}")
        for mode in filled:
            username = mode.known[number % len(mode.known)].username
            login = time_login(mode.mode, username, user_agent=BROWSER)
            taken[mode.name].append(login.seconds_without_hash)
    return _row(
        f"login_at_{size}",
        f"A login with {size:,} logins stored, without the hash of the password",
        unit="ms",
        how="all that a client sends to log in, each time for another user, who has "
        "five logins already; what the server says that the hash took is taken off",
        noise=f"median and quartiles of {run.plan.logins} logins; the modes take turns",
        cells={name: milliseconds(seconds) for name, seconds in taken.items()},
    )


def _stored_row(run: Run, filled: Sequence[FilledMode], size: int) -> Row:
    run.progress(f"{size:,} logins: what the stores take")
    row = _row(
        f"stored_at_{size}",
        f"What the stores take in all with {size:,} logins stored, five a user",
        unit="MB",
        how="used_memory of Redis, and the size of the database, users included",
        noise="differs with the versions of both, and a little from run to run",
        cells={mode.name: _stored_cell(mode.bytes_taken()) for mode in filled},
    )
    return replace(row, kind=Kind.MEASURED)


def _stored_cell(taken: Mapping[str, int]) -> Cell:
    redis, database = (taken[name] / MEGABYTE for name in ("redis", "database"))
    return Cell(
        text=f"Redis {redis:.0f} MB, database {database:.0f} MB",
        value=redis + database,
        details={f"{name}_bytes": size for name, size in taken.items()},
    )


def _row(
    row_id: str,
    title: str,
    *,
    unit: str,
    how: str,
    noise: str,
    cells: Mapping[str, Cell],
) -> Row:
    return Row(
        id=row_id,
        group="scale",
        title=title,
        kind=Kind.TIMED,
        unit=unit,
        better="higher" if unit == "%" else "lower",
        how=how,
        noise=noise,
        cells=cells,
    )
