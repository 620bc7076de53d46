"""How long a login is still accepted after it was ended, by the clock."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

from demo_project.compare.open_mode import OpenMode
from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.compare.spread import milliseconds
from demo_project.devices import Device, RequestFailedError, require_ok

PATH = "me/"
LONGEST_WAIT_SECONDS = 2.0

End = Callable[[OpenMode, Device], Device]
"""Returns the device whose logout ends the login of the given one."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """One way to end a login, and the row that it makes."""

    row_id: str
    title: str
    how: str
    log_out: Callable[[Device], int]
    remote: Callable[[OpenMode, Device], Device]


def _same_login(mode: OpenMode, victim: Device) -> Device:
    return victim.copy_to(mode.open_caller("revoker"))


def _another_login(mode: OpenMode, victim: Device) -> Device:
    del victim
    return mode.logged_in("another device")


ENDINGS = (
    Ending(
        row_id="revoke_one",
        title="From ending a login to its first 401",
        how="POST auth/logout/ with the same credential",
        log_out=lambda device: device.log_out().status,
        remote=_same_login,
    ),
    Ending(
        row_id="revoke_all",
        title="From ending all logins of a user to the first 401 of another one",
        how="POST auth/logout/all/ from another login of the user",
        log_out=lambda device: device.log_out_everywhere().status,
        remote=_another_login,
    ),
)


def measure(run: Run) -> Iterator[Row]:
    """Yield a row for one login and one for all of a user."""
    for ending in ENDINGS:
        taken: dict[str, list[float | None]] = {mode.name: [] for mode in run.modes}
        for number in range(run.plan.revocations):
            run.progress(f"{ending.row_id}, {number + 1} of {run.plan.revocations}")
            for mode in run.modes:
                taken[mode.name].append(time_until_refused(mode, ending))
        yield Row(
            id=ending.row_id,
            group="revocation",
            title=ending.title,
            kind=Kind.TIMED,
            unit="ms",
            better="lower",
            how=f"from sending {ending.how} to holding the refusal, on another "
            "connection that keeps calling api/me/",
            noise=f"median and quartiles of {run.plan.revocations}",
            cells={mode.name: _cell(mode, taken[mode.name]) for mode in run.modes},
        )


def time_until_refused(mode: OpenMode, ending: Ending) -> float | None:
    """Return the seconds from sending a logout to holding the first 401.

    Returns None where calls are still answered after ``LONGEST_WAIT_SECONDS``.
    """
    victim = mode.logged_in("victim")
    require_ok(victim.call(PATH), PATH)
    revoker = ending.remote(mode, victim)
    refused_at: list[float] = []
    calling = threading.Thread(target=_call_until_refused, args=[victim, refused_at])
    calling.start()
    sent_at = time.perf_counter()
    status = ending.log_out(revoker)
    calling.join()
    if status != HTTPStatus.NO_CONTENT:
        raise RequestFailedError(f"{mode.name}: a logout answered {status}.")
    return refused_at[0] - sent_at if refused_at else None


def _call_until_refused(device: Device, refused_at: list[float]) -> None:
    deadline = time.perf_counter() + LONGEST_WAIT_SECONDS
    while time.perf_counter() < deadline:
        if device.call(PATH).status == HTTPStatus.UNAUTHORIZED:
            refused_at.append(time.perf_counter())
            return


def _cell(mode: OpenMode, taken: list[float | None]) -> Cell:
    seconds = [figure for figure in taken if figure is not None]
    if len(seconds) < len(taken):
        return _still_accepted(mode)
    return milliseconds(seconds, digits=1)


def _still_accepted(mode: OpenMode) -> Cell:
    del mode
    return Cell(
        text=f"still accepted after {LONGEST_WAIT_SECONDS:.0f} s: ends when the access "
        "token expires",
        details={"refused_within_wait": False},
    )
