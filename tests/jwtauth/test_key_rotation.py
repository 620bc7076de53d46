"""Keys are rotated while clients call: nobody notices."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from jwtauth.core.codec import peek_unverified_header
from jwtauth.core.keys import KeyUse
from tests.crowd import Crowd, crowd_of
from tests.harness.patience import until
from tests.jwtauth.caller import Caller
from tests.jwtauth.core.raw_tokens import POLICY, unb64

pytestmark = [pytest.mark.serial, pytest.mark.postgres, pytest.mark.slow]

THREADS = 8
INTERVAL = timedelta(seconds=1)
MARGIN = 1.5
"""Seconds until every clock and reload is past a date of whole seconds."""


@pytest.fixture
def crowd(alice: User) -> Iterator[Crowd]:
    """Eight threads with a connection each."""
    with crowd_of(THREADS) as crowd:
        yield crowd


def run(*arguments: str) -> None:
    call_command("jwtauth_keys", *arguments, stdout=StringIO())


class Client:
    """Calls the API and refreshes until it is told to stop; notes what it got."""

    def __init__(self, alice: User, is_over: threading.Event) -> None:
        self.statuses: Counter[int] = Counter()
        self.signing_keys: set[str] = set()
        self.refresh_keys: set[bytes] = set()
        self._is_over = is_over
        self._caller = Caller()
        self._tokens = self._caller.used_login(alice)

    def uses(self, *, keys: int) -> bool:
        """Whether so many have signed for it up to now, of each kind."""
        return len(self.signing_keys) == len(self.refresh_keys) == keys

    def __call__(self) -> None:
        caller, tokens = self._caller, self._tokens
        while not self._is_over.is_set():
            self.statuses[caller.me(tokens["access"]).status_code] += 1
            answer = caller.refresh(tokens["refresh"])
            self.statuses[answer.status_code] += 1
            if answer.status_code != 200:
                return
            tokens = answer.json()
            header = peek_unverified_header(tokens["access"], policy=POLICY)
            self.signing_keys.add(header["kid"])
            self.refresh_keys.add(unb64(tokens["refresh"])[1:3])


def rotate_twice(clients: Sequence[Client], is_over: threading.Event) -> None:
    """Rotate both keys, wait until the next ones sign for all, and do it again."""
    try:
        _wait_until_all_use(clients, keys=1)
        for keys in (2, 3):
            time.sleep(MARGIN)
            for use in (KeyUse.SIG, KeyUse.REFRESH):
                run("rotate", "--use", use)
            _wait_until_all_use(clients, keys=keys)
    finally:
        is_over.set()


def _wait_until_all_use(clients: Sequence[Client], *, keys: int) -> None:
    until(lambda: all(client.uses(keys=keys) for client in clients))


class TestRotation:
    @pytest.mark.requirement("KEY-09", "JWK-06")
    def test_keys_rotated_twice_under_8_threads_refuse_nobody(
        self,
        alice: User,
        crowd: Crowd,
        tmp_path: Path,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """Dates make the change, not restarts: every token counts until it expires."""
        jwtauth_settings(
            KEYS=tmp_path, KEY_RELOAD_INTERVAL=INTERVAL, KEY_OVERLAP=INTERVAL
        )
        run("init")
        is_over = threading.Event()
        clients = [Client(alice, is_over) for _ in range(THREADS)]
        operator = threading.Thread(target=rotate_twice, args=[clients, is_over])

        operator.start()
        crowd.all_at_once(*clients)
        operator.join()

        for client in clients:
            assert set(client.statuses) == {200}, client.statuses
            assert client.uses(keys=3)
