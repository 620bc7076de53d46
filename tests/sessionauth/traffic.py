"""Users who log in, look and log out all the time, and remember what they were told."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connections
from django.test import Client

from tests.sessionauth.conftest import PASSWORD

UNAVAILABLE = 503
MOST_ALIVE = 40
"""How many sessions a user keeps; more would only be looked at less often."""


@dataclass
class Told:
    """What one user was told, and what did not hold."""

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    unavailable_at: dict[str, float] = field(default_factory=dict)
    """When somebody who did this was told to come back, the last time."""
    alive: list[Client] = field(default_factory=list)
    """Logins that were acknowledged."""
    ended: list[Client] = field(default_factory=list)
    """Ends that were acknowledged."""
    unsure: list[Client] = field(default_factory=list)
    """Ends that were not."""
    lost: int = 0
    undone: int = 0


class User:
    """One user with many browsers; only this object uses the sessions."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.told = Told()
        self._random = random.Random(seed)  # noqa: S311 # no secret

    def step(self) -> None:
        """Do one thing that users do."""
        told = self.told
        dice = self._random.random()
        if not told.alive and told.ended and dice > 0.5:
            self.look(self._random.choice(told.ended[-50:]), alive=False)
        elif not told.alive or (dice < 0.3 and len(told.alive) < MOST_ALIVE):
            self.log_in()
        elif dice < 0.6:
            self.look(self._random.choice(told.alive), alive=True)
        elif dice < 0.75 and told.ended:
            self.look(self._random.choice(told.ended[-50:]), alive=False)
        elif dice < 0.98:
            self.log_out(self._random.choice(told.alive))
        else:
            self.log_out_everywhere()

    def log_in(self) -> None:
        client = Client(raise_request_exception=False)
        body = {"username": self.name, "password": PASSWORD}
        if self._send(client, "login", "/auth/session/", body) == 200:
            self.told.alive.append(client)

    def look(self, client: Client, *, alive: bool) -> None:
        told = self.told
        answer = client.get("/api/me/", secure=True)
        code = self._count("read" if alive else "read ended", answer.status_code)
        if alive and code == 401:
            told.lost += 1
            told.alive.remove(client)
        if not alive and code == 200:
            told.undone += 1
            told.ended.remove(client)

    def log_out(self, client: Client) -> None:
        # One that was lost could be logged out as well: nobody would notice.
        self.look(client, alive=True)
        if client not in self.told.alive:
            return
        self.told.alive.remove(client)
        code = self._send(client, "logout", "/auth/logout/")
        (self.told.ended if code == 204 else self.told.unsure).append(client)

    def log_out_everywhere(self) -> None:
        told = self.told
        self.look_at_everything()
        if not told.alive:
            return
        client = self._random.choice(told.alive)
        code = self._send(client, "logout all", "/auth/logout/all/")
        if code == 401:
            told.lost += 1
        # Those whose end was not acknowledged are listed still.
        doomed = [*told.alive, *told.unsure]
        told.alive, told.unsure = [], []
        (told.ended if code == 204 else told.unsure).extend(doomed)

    def look_at_everything(self) -> None:
        for client in list(self.told.alive):
            self.look(client, alive=True)
        for client in self.told.ended[-200:]:
            self.look(client, alive=False)

    def _send(self, client: Client, what: str, path: str, body: object = None) -> int:
        answer = client.post(path, body, content_type="application/json", secure=True)
        return self._count(what, answer.status_code)

    def _count(self, what: str, code: int) -> int:
        self.told.answers[what, code] += 1
        if code == UNAVAILABLE:
            self.told.unavailable_at[what] = time.monotonic()
            time.sleep(0.02)  # as whoever obeys Retry-After, only sooner
        return code


@contextmanager
def traffic(users: list[User]) -> Iterator[Callable[[], None]]:
    """Let every user be busy in a thread of their own for a ``with`` block.

    Yields what raises the error of a thread that has one.
    """
    stop = threading.Event()

    def be_busy(user: User) -> None:
        try:
            while not stop.is_set():
                user.step()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(users)) as pool:
        futures: list[Future[None]] = [pool.submit(be_busy, user) for user in users]

        def raise_errors() -> None:
            for future in futures:
                if future.done():
                    future.result()

        try:
            yield raise_errors
        finally:
            stop.set()
    raise_errors()
