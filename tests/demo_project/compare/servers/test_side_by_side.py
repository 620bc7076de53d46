"""Servers that start and end together."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_project.compare.modes import MODES, Mode
from demo_project.compare.servers import side_by_side
from demo_project.compare.servers.server import Ground, ServerFailedError
from demo_project.compare.servers.side_by_side import running_side_by_side
from demo_project.compare.servers.template_database import Account

LONGEST_SECONDS = 30


class _Servers:
    """Stands in for the servers: what is tested is who waits for whom."""

    def __init__(self, broken: str = "") -> None:
        self.running: set[str] = set()
        self.told: set[str] = set()
        self._broken = broken
        self._together = threading.Barrier(len(MODES), timeout=LONGEST_SECONDS)
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def server(self, mode: Mode, ground: Ground) -> Iterator[str]:
        with self._lock:
            self.running.add(mode.name)
        try:
            self._together.wait()  # Breaks unless all of them start at once.
            if self._broken:
                self._fail(mode, ground)
            yield mode.name
        finally:
            with self._lock:
                self.running.discard(mode.name)

    def _fail(self, mode: Mode, ground: Ground) -> None:
        if mode.name == self._broken:
            raise ServerFailedError("no room on the disk")
        # The others never come up; they can only be told to give up.
        if ground.end.wait(LONGEST_SECONDS):
            self.told.add(mode.name)
        raise ServerFailedError("gave up")


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    # Nothing here reaches for a database.
    database: object = None
    return Ground(
        root=tmp_path,
        database=database,
        account=Account(),
        second_service=False,
    )


def test_servers_start_at_the_same_time_and_stay_in_order(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other they take most of a minute."""
    servers = _Servers()
    monkeypatch.setattr(side_by_side, "throw_away_server", servers.server)

    with running_side_by_side(MODES, ground) as opened:
        assert [mode.name for mode in opened] == [mode.name for mode in MODES]
        assert servers.running == {mode.name for mode in MODES}

    assert servers.running == set()


def test_failure_of_one_is_told_and_ends_those_that_still_start(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits a minute for servers that will not be used."""
    servers = _Servers(broken=MODES[3].name)
    monkeypatch.setattr(side_by_side, "throw_away_server", servers.server)

    with (
        pytest.raises(ServerFailedError, match="no room on the disk"),
        running_side_by_side(MODES, ground),
    ):
        pytest.fail("It must not be opened.")

    assert servers.running == set()
    assert servers.told == {mode.name for mode in MODES} - {MODES[3].name}


def test_interruption_ends_them_all(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C reaches the main thread alone; the servers are in others."""
    servers = _Servers()
    monkeypatch.setattr(side_by_side, "throw_away_server", servers.server)

    with pytest.raises(KeyboardInterrupt), running_side_by_side(MODES, ground):
        raise KeyboardInterrupt

    assert servers.running == set()
