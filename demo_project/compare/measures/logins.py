"""What a login takes, with the hash of the password and without it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from demo_project.compare.counting.caller import Cost, CountingCaller
from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.compare.spread import milliseconds
from demo_project.devices import require_ok

WARM_UP_PATH = "/api/public/"


@dataclass(frozen=True, kw_only=True)
class Login:
    """One login: what the client waited, and what the server says of it."""

    seconds: float
    cost: Cost

    @property
    def seconds_without_hash(self) -> float:
        """What is left when the hash of this very login is taken off."""
        return self.seconds - self.cost.hash_seconds


def measure(run: Run) -> Iterator[Row]:
    """Yield the login as it is, and without the hash of the password."""
    logins: dict[str, list[Login]] = {mode.name: [] for mode in run.modes}
    for number in range(run.plan.logins):
        run.progress(f"logging in, {number + 1} of {run.plan.logins}")
        for mode in run.modes:
            logins[mode.name].append(
                time_login(mode, mode.server.account.hashed_username)
            )
    yield _row(
        logins,
        row_id="login",
        title="A login",
        how="all that a client sends to log in, until it has the answer: one POST, and "
        "with tokens in cookies a GET before it for the CSRF token; on a connection "
        "that is open, with Django's default hasher and the guard against guessing",
        seconds=lambda login: login.seconds,
    )
    yield _row(
        logins,
        row_id="login_without_hash",
        title="A login without the hash of the password",
        how="the same logins; what each spent on the hash, which the server takes "
        "around the hasher in the same request, is taken off; counting statements and "
        "round trips, which these requests do as well, is not",
        seconds=lambda login: login.seconds_without_hash,
    )


def time_login(mode: OpenMode, username: str, *, user_agent: str = "login") -> Login:
    """Log in once over a connection of its own and return what it took.

    Raises:
        RequestFailedError: The login was refused.
    """
    with mode.server.open_device(user_agent) as connection:
        # Opens the connection, which costs every scheme the same.
        require_ok(connection.send("GET", WARM_UP_PATH), WARM_UP_PATH)
        caller = CountingCaller(connection)
        device = mode.mode.device(caller)
        began = time.perf_counter()
        device.log_in(username, mode.server.password)
        return Login(seconds=time.perf_counter() - began, cost=caller.cost)


def _row(
    logins: dict[str, list[Login]],
    *,
    row_id: str,
    title: str,
    how: str,
    seconds: Callable[[Login], float],
) -> Row:
    cells = {name: cell(taken, seconds) for name, taken in logins.items()}
    repeats = max(map(len, logins.values()))
    return Row(
        id=row_id,
        group="login",
        title=title,
        kind=Kind.TIMED,
        unit="ms",
        better="lower",
        how=how,
        noise=f"median and quartiles of {repeats} logins; the modes take turns",
        cells=cells,
    )


def cell(logins: Sequence[Login], seconds: Callable[[Login], float]) -> Cell:
    """Return the spread of what is timed, and the counts of the last login.

    The first one may meet empty caches, which costs once in the life of a server.
    """
    counted = logins[-1].cost
    return replace(
        milliseconds([seconds(login) for login in logins], digits=1),
        details={"sql": counted.sql, "redis": counted.redis},
    )
