"""What is done to a mode of the demo: the same steps for both schemes.

Every function takes an open ``Mode`` and returns what it measured, counted or saw.
"""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from demo_project.attacks import (
    stolen_refresh_token,
    stolen_refresh_token_early,
    stolen_session_id,
)
from demo_project.attacks.stage import Stage, Step
from demo_project.compare.counting import REDIS_HEADER, SQL_HEADER
from demo_project.compare.server import ThrowAwayServer
from demo_project.devices import Device, JwtDevice, RequestFailedError, SessionDevice
from demo_project.http_caller import Caller, HttpCaller

OK, UNAUTHORIZED = 200, 401
LONGEST_REVOCATION_SECONDS = 5.0
# Requests to one view before the other has its turn.
TURN = 10

Attack = Callable[[Stage], tuple[Step, ...]]


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One column of the comparison: a scheme and the thefts it has to expect."""

    name: str
    device: Callable[[Caller], Device]
    attacks: tuple[tuple[str, Attack], ...]


MODES = (
    Mode(
        name="jwt",
        device=JwtDevice,
        attacks=(
            ("used two refreshes after its owner", stolen_refresh_token.play),
            ("used one refresh after its owner", stolen_refresh_token_early.play),
        ),
    ),
    Mode(
        name="session",
        device=SessionDevice,
        attacks=(("used after its owner", stolen_session_id.play),),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Round:
    """Requests per second of both views, taken in turns."""

    public: float
    me: float

    @property
    def share(self) -> float:
        """What authentication leaves of the bare view's speed."""
        return self.me / self.public


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one request cost inside the server."""

    sql: int
    redis: int


class OpenMode:
    """A mode with its server running and a device logged in."""

    def __init__(self, mode: Mode, server: ThrowAwayServer, stack: ExitStack) -> None:
        """Connect one device; ``stack`` closes its connections."""
        self.mode = mode
        self._server = server
        self._stack = stack
        self._device = self._new_device("compare")

    def warm_up(self) -> None:
        """Let the server do what it does once in its life."""
        early = self._new_device("early")
        early.log_in(self._server.username, self._server.password)
        _call(early, "me/")

    def cost_of_first_call(self) -> Cost:
        """Log in and return what the first authenticated request cost."""
        self._device.log_in(self._server.username, self._server.password)
        return self._cost()

    def cost_of_later_call(self) -> Cost:
        """Return the highest cost of a few requests after the first."""
        costs = [self._cost() for _ in range(5)]
        return Cost(sql=max(c.sql for c in costs), redis=max(c.redis for c in costs))

    def measure(self, requests: int) -> Round:
        """Time both views in turns so short that a noisy neighbour hits both."""
        seconds = {"public/": 0.0, "me/": 0.0}
        turns = max(1, requests // TURN)
        for _ in range(turns):
            for path in seconds:
                seconds[path] += self._time(path, TURN)
        rates = {path: turns * TURN / spent for path, spent in seconds.items()}
        return Round(public=rates["public/"], me=rates["me/"])

    def time_revocation(self) -> float:
        """Return the seconds from sending a logout to holding the first 401.

        The logout comes from another connection while the first one keeps calling.
        """
        victim = self._new_device("victim")
        victim.log_in(self._server.username, self._server.password)
        _call(victim, "me/")
        revoker = victim.copy_to(self._open("revoker"))
        refused_at: list[float] = []
        calling = threading.Thread(
            target=_call_until_refused, args=[victim, refused_at]
        )
        calling.start()
        sent_at = time.perf_counter()
        answer = revoker.log_out()
        calling.join()
        if not refused_at:
            raise RequestFailedError(
                f"{self.mode.name}: still answered {LONGEST_REVOCATION_SECONDS} s "
                f"after a logout with status {answer.status}."
            )
        return refused_at[0] - sent_at

    def play(self, attack: Attack) -> tuple[Step, ...]:
        """Play one attack against this mode's server."""
        return attack(
            Stage(
                username=self._server.username,
                password=self._server.password,
                open_device=self._open,
            )
        )

    def _open(self, name: str) -> HttpCaller:
        return self._stack.enter_context(self._server.open_device(name))

    def _new_device(self, name: str) -> Device:
        return self.mode.device(self._open(name))

    def _cost(self) -> Cost:
        answer = self._device.call("me/", count=True)
        if answer.status != OK:
            raise RequestFailedError(f"me/ answered {answer.status}.")
        return Cost(
            sql=int(answer.headers[SQL_HEADER.lower()]),
            redis=int(answer.headers[REDIS_HEADER.lower()]),
        )

    def _time(self, path: str, requests: int) -> float:
        began = time.perf_counter()
        for _ in range(requests):
            _call(self._device, path)
        return time.perf_counter() - began


def _call(device: Device, path: str) -> None:
    status = device.call(path).status
    if status != OK:
        raise RequestFailedError(f"{path} answered {status}.")


def _call_until_refused(device: Device, refused_at: list[float]) -> None:
    deadline = time.perf_counter() + LONGEST_REVOCATION_SECONDS
    while time.perf_counter() < deadline:
        if device.call("me/").status == UNAUTHORIZED:
            refused_at.append(time.perf_counter())
            return
