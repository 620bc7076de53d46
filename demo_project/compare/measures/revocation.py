"""How long a login is still accepted after it was ended, by the clock."""

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from threading import Event

from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.compare.servers.at_once import at_once
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.compare.spread import milliseconds
from demo_project.devices import Device, JwtDevice, RequestFailedError, require_ok
from demo_project.http_caller import Answer
from jwtauth.core.policy import TokenPolicy

PATH = "me/"
LONGEST_WAIT_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Ending:
    """One way to end a login, and the row that it makes."""

    row_id: str
    title: str
    how: str
    log_out: Callable[[Device], Answer]
    revoker: Callable[[OpenMode, Device], Device]
    """Returns the device whose logout ends the login of the given one."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """Two devices that are logged in: the one's logout ends the other's login."""

    victim: Device
    revoker: Device


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
        log_out=lambda device: device.log_out(),
        revoker=_same_login,
    ),
    Ending(
        row_id="revoke_all",
        title="From ending all logins of a user to the first 401 of another one",
        how="POST auth/logout/all/ from another login of the user",
        log_out=lambda device: device.log_out_everywhere(),
        revoker=_another_login,
    ),
)


def measure(run: Run) -> Iterator[Row]:
    """Yield a row for one login and one for all of a user."""
    for ending in ENDINGS:
        cells = _cells(run, ending)
        yield Row(
            id=ending.row_id,
            group="revocation",
            title=ending.title,
            kind=Kind.TIMED,
            unit="ms",
            better="lower",
            how=f"from sending {ending.how} to holding the refusal, on another "
            "connection that keeps calling api/me/; what is still accepted after "
            f"{LONGEST_WAIT_SECONDS:.0f} s was tried once",
            noise=f"median and quartiles of {run.plan.revocations}",
            cells=cells,
        )


def _cells(run: Run, ending: Ending) -> dict[str, Cell]:
    taken: dict[str, list[float]] = {mode.name: [] for mode in run.modes}
    cells: dict[str, Cell] = {}
    for number in range(run.plan.revocations):
        run.progress(f"{ending.row_id}, {number + 1} of {run.plan.revocations}")
        # Once is enough for what doesn't end: each try of it takes the longest wait.
        modes = [mode for mode in run.modes if mode.name not in cells]
        prepared = at_once(modes, lambda mode: _prepare(mode, ending))
        for name, attempt in prepared.items():
            seconds = time_until_refused(attempt, ending)
            if seconds is None:
                cells[name] = _still_accepted(attempt.victim)
            else:
                taken[name].append(seconds)
    measured = {
        name: milliseconds(seconds, digits=1)
        for name, seconds in taken.items()
        if name not in cells
    }
    return cells | measured


def _prepare(mode: OpenMode, ending: Ending) -> Attempt:
    """Log in beforehand: the hash of the password isn't what is measured."""
    victim = mode.logged_in("victim")
    require_ok(victim.call(PATH), PATH)
    return Attempt(victim=victim, revoker=ending.revoker(mode, victim))


def time_until_refused(attempt: Attempt, ending: Ending) -> float | None:
    """Return the seconds from sending a logout to holding the first 401.

    Returns None where calls are still answered after ``LONGEST_WAIT_SECONDS``.
    """
    ended = Event()
    with ThreadPoolExecutor(1) as pool:
        # Ctrl-C may come at any time, and whoever calls must hear of the end.
        try:
            refused_at = pool.submit(_call_until_refused, attempt.victim, ended)
            sent_at = time.perf_counter()
            answer = ending.log_out(attempt.revoker)
        finally:
            ended.set()
        if answer.status != HTTPStatus.NO_CONTENT:
            raise RequestFailedError(f"{ending.how} answered {answer.status}.")
        moment = refused_at.result()
    if moment is not None and moment < sent_at:
        raise RequestFailedError("A login was refused before it was ended.")
    return None if moment is None else moment - sent_at


def _call_until_refused(device: Device, ended: Event) -> float | None:
    """Call until a 401, or for so long after the logout has been answered."""
    deadline = math.inf
    while time.perf_counter() < deadline:
        if deadline == math.inf and ended.is_set():
            deadline = time.perf_counter() + LONGEST_WAIT_SECONDS
        answer = device.call(PATH)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            return time.perf_counter()
        require_ok(answer, PATH)
    return None


def _still_accepted(victim: Device) -> Cell:
    accepted = f"still accepted after {LONGEST_WAIT_SECONDS:.0f} s"
    if not isinstance(victim, JwtDevice):
        return Cell(text=accepted, details={"refused_within_wait": False})
    longest = victim.expires_in + int(TokenPolicy.leeway.total_seconds())
    return Cell(
        text=f"{accepted}; ends with the access token, {longest} s after it was "
        "issued at the latest",
        details={"refused_within_wait": False, "longest_seconds": longest},
    )
