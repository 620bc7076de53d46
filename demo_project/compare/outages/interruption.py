"""What logins of a mode meet while something it stands on is down, and afterwards."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from demo_project.compare.outages.holder import Holder
from demo_project.compare.outages.words import REQUEST, WITH_ROW
from demo_project.compare.servers.open_mode import OpenMode

LONGEST_RECOVERY_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Logins:
    """Of one mode, from before the outage."""

    staying: Holder
    leaving: Holder
    due: Holder | None
    """A session whose user's row hasn't been looked at yet, as it is once a minute."""


@dataclass(frozen=True, kw_only=True)
class Down:
    """What was answered during the outage."""

    statuses: Mapping[str, int]
    """By the kind of request, in the words of the report."""
    keeps_cookies: bool | None
    """Whether who stays still has all of them; None where there are none."""


@dataclass(frozen=True, kw_only=True)
class Back:
    """What was answered after it."""

    answers: Mapping[str, str]
    """By login, in the words of the report."""
    seconds: float | None
    """From the return of what was down to the first request that was served."""


def log_in_before(mode: OpenMode, *, with_due: bool) -> Logins:
    """Let the logins come into being that are to meet the outage."""
    staying = Holder.logged_in(mode, "staying")
    leaving = Holder.logged_in(mode, "leaving")
    due = None
    if with_due and not mode.mode.is_jwt:
        due = Holder.logged_in(mode, "due")
    # What each login costs once (a look at the user's row, a part of the denylist that
    # is filled from the database) is no matter of the outage.
    for holder in (staying, leaving):
        holder.call()
    return Logins(staying=staying, leaving=leaving, due=due)


def while_down(mode: OpenMode, logins: Logins) -> Down:
    """Try everything that a login is good for."""
    before = dict(logins.staying.recorder.cookies)
    statuses = {REQUEST: logins.staying.call()}
    if logins.due is not None:
        statuses[WITH_ROW] = logins.due.call()
    if mode.mode.is_jwt:
        statuses["a refresh"] = logins.staying.refresh()
    statuses["a new login"] = Holder.of(mode, "new").try_to_log_in(mode)
    statuses["a logout"] = logins.leaving.device.log_out().status
    return Down(statuses=statuses, keeps_cookies=_kept(logins.staying, before))


def _kept(holder: Holder, before: Mapping[str, str]) -> bool | None:
    """Tell whether the cookies are still there: by name, since a refresh renews them.

    A cookie that was emptied or deleted is gone from the holder's jar.
    """
    if not before:
        return None
    return before.keys() <= holder.recorder.cookies.keys()


def after_return(mode: OpenMode, logins: Logins) -> Back:
    """See what became of both logins."""
    status, seconds = timed(lambda: _once_served(logins.staying))
    left = logins.leaving.call()
    return Back(
        answers={
            "a login of before": _with_refresh(mode, logins.staying, status),
            "one that logged out meanwhile": _with_refresh(mode, logins.leaving, left),
        },
        seconds=seconds if status == HTTPStatus.OK else None,
    )


def timed(call: Callable[[], int]) -> tuple[int, float]:
    """Return what the call returns, and the seconds that it took."""
    began = time.perf_counter()
    return call(), time.perf_counter() - began


def _once_served(holder: Holder) -> int:
    deadline = time.perf_counter() + LONGEST_RECOVERY_SECONDS
    while True:
        status = holder.call()
        if status == HTTPStatus.OK or time.perf_counter() > deadline:
            return status


def _with_refresh(mode: OpenMode, holder: Holder, status: int) -> str:
    answered = f"{REQUEST} {status}"
    return f"{answered}, a refresh {holder.refresh()}" if mode.mode.is_jwt else answered
