"""The embedded server never outlives the process that started it."""

import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo_project.embedded_valkey import (
    DataDirectoryError,
    EmbeddedValkey,
    data_directory,
)
from demo_project.embedded_valkey.binary import find_binary
from demo_project.embedded_valkey.socket_directory import choose_socket_directory
from demo_project.watchdog import GuardedProcess, ServerCommand
from tests.harness.patience import is_alive

STARTER = Path(__file__).with_name("server_starter.py")
# What takes longer hangs, on a busy machine too.
PATIENCE_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Started:
    """A starter in a process group of its own, and what it announced."""

    process: "subprocess.Popen[str]"
    server: int
    watchdog: int
    socket: Path

    def leaves_nothing(self) -> bool:
        """Wait for the end of both processes and of the directory."""
        self.process.communicate(timeout=PATIENCE_SECONDS)
        return _comes_true(
            lambda: not (self.socket.parent.exists() or self.is_running())
        )

    def is_running(self) -> bool:
        return is_alive(self.server) or is_alive(self.watchdog)


def _launch(
    way_to_end: str,
    *arguments: str,
    python: str = sys.executable,
    env: dict[str, str] | None = None,
    account: pwd.struct_passwd | None = None,
) -> Started:
    process = subprocess.Popen(  # noqa: S603 - a program of this directory
        [python, STARTER, way_to_end, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=env,
        **_become(account),
    )
    return _await_announcement(process)


def _await_announcement(process: "subprocess.Popen[str]") -> Started:
    assert process.stdout
    line = process.stdout.readline()
    assert line, process.communicate()
    server, watchdog, socket = line.split(maxsplit=2)
    return Started(
        process=process,
        server=int(server),
        watchdog=int(watchdog),
        socket=Path(socket.strip()),
    )


def _comes_true(
    condition: Callable[[], bool], within: float = PATIENCE_SECONDS
) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


class TestEndOfTheStarter:
    @pytest.mark.parametrize(
        "number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
    )
    def test_signal_to_the_starter_ends_the_server(self, number: int) -> None:
        """SIGKILL lets no handler run: only the kernel can tell the watchdog."""
        started = _launch("wait")

        os.kill(started.process.pid, number)

        assert started.leaves_nothing()

    def test_ctrl_c_in_the_terminal_ends_the_server(self) -> None:
        """The terminal sends SIGINT to the whole process group."""
        started = _launch("wait")

        os.killpg(started.process.pid, signal.SIGINT)

        assert started.leaves_nothing()

    def test_sigkill_of_the_process_group_ends_the_server(self) -> None:
        """The watchdog is in another group, or it would die of this too."""
        started = _launch("wait")

        os.killpg(started.process.pid, signal.SIGKILL)

        assert started.leaves_nothing()

    @pytest.mark.parametrize("way_to_end", ["return", "raise"])
    def test_server_is_gone_when_the_starter_is(self, way_to_end: str) -> None:
        """An orderly end waits for the server's, so that a restart finds it gone."""
        started = _launch(way_to_end)

        started.process.wait(PATIENCE_SECONDS)

        assert not started.is_running()
        assert started.leaves_nothing()

    def test_exit_without_cleaning_up_ends_the_server(self) -> None:
        """os._exit skips every handler of Python's."""
        started = _launch("exit_at_once")

        assert started.leaves_nothing()

    def test_forked_child_of_the_starter_does_not_keep_the_server(self) -> None:
        """A fork inherits the pipe that means "the starter lives"."""
        started = _launch("fork_and_exit")

        assert started.leaves_nothing()

    def test_sigkill_while_the_server_hangs_ends_it(self) -> None:
        """A stopped server hears no SIGTERM."""
        started = _launch("wait")
        os.kill(started.server, signal.SIGSTOP)

        started.process.kill()

        assert started.leaves_nothing()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_signal_to_the_watchdog_ends_the_server(self, number: int) -> None:
        """A service manager ends every process of a unit."""
        started = _launch("wait")

        os.kill(started.watchdog, number)
        ended = _comes_true(lambda: not is_alive(started.server))
        started.process.kill()

        assert ended
        assert started.leaves_nothing()


class TestEndOfTheServer:
    def test_end_reported_together_with_the_start_is_seen(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Unseen, it would be waited for as long as a start may take."""
        read_pid = GuardedProcess._read_pid

        def read_pid_late(process: GuardedProcess) -> int:
            # On a busy machine both reports are there before anybody reads.
            assert _comes_true(lambda: _unread(process) >= len("1\nexited\n"))
            return read_pid(process)

        monkeypatch.setattr(GuardedProcess, "_read_pid", read_pid_late)
        process = GuardedProcess(
            ServerCommand(argv=["/bin/true"], cwd="/", log=str(tmp_path / "log"))
        )
        exited = process.has_exited()
        process.close()

        assert exited


def _unread(process: GuardedProcess) -> int:
    """Return how many bytes the watchdog's pipe holds; a pid is 7 at most."""
    assert process._watchdog.stdout
    answer = fcntl.ioctl(process._watchdog.stdout, termios.FIONREAD, bytes(4))
    return int.from_bytes(answer, sys.byteorder)


class TestSignalsToTheWatchdog:
    def test_sigterm_at_once_ends_the_server(self, tmp_path: Path) -> None:
        """It may come while the watchdog has started the server and does no more."""
        ended = []
        for _ in range(20):
            process = GuardedProcess(
                ServerCommand(
                    argv=["/bin/sleep", "60"], cwd="/", log=str(tmp_path / "log")
                )
            )
            os.kill(process._watchdog.pid, signal.SIGTERM)
            process.close()
            ended.append(not is_alive(process.pid))

        assert ended == [True] * 20

    def test_environment_of_the_server_is_no_argument_of_anybody(
        self, tmp_path: Path
    ) -> None:
        """Arguments are for every user of the machine to read; secrets are not."""
        log = tmp_path / "log"
        process = GuardedProcess(
            ServerCommand(
                argv=["/bin/sh", "-c", 'echo "has $SECRET"; sleep 60'],
                cwd="/",
                log=str(log),
                env={"SECRET": "tell-nobody", "PATH": os.environ["PATH"]},
            )
        )
        try:
            arguments = Path(f"/proc/{process._watchdog.pid}/cmdline").read_bytes()
            assert _comes_true(lambda: "has tell-nobody" in log.read_text())
        finally:
            process.close()

        assert b"tell-nobody" not in arguments

    def test_second_sigterm_to_the_watchdog_does_not_stop_its_work(
        self, tmp_path: Path
    ) -> None:
        """A service manager may ask twice while the server still writes."""
        doomed = tmp_path / "doomed"
        doomed.mkdir()
        log = tmp_path / "log"
        slow = "trap 'echo ending; sleep 1; exit' TERM; echo ready; sleep 20 & wait"
        process = GuardedProcess(
            ServerCommand(
                argv=["/bin/sh", "-c", slow],
                cwd="/",
                log=str(log),
                remove=[str(doomed)],
            )
        )
        assert _comes_true(lambda: "ready" in log.read_text())

        os.kill(process._watchdog.pid, signal.SIGTERM)
        assert _comes_true(lambda: "ending" in log.read_text())
        os.kill(process._watchdog.pid, signal.SIGTERM)
        process.close()

        assert not is_alive(process.pid)
        assert not doomed.exists()


class TestDirectoryOfTheServer:
    def test_it_is_made_for_it_alone_and_removed(self, tmp_path: Path) -> None:
        """Made by the starter, it would stay if that is killed a moment later."""
        home = tmp_path / "home"

        process = GuardedProcess(
            ServerCommand(
                argv=["/bin/sleep", "600"],
                cwd=str(home),
                log=str(home / "log"),
                make=str(home),
            )
        )
        mode = home.stat().st_mode
        process.close()

        assert stat.S_IMODE(mode) == 0o700
        assert not home.exists()

    def test_one_that_is_there_is_refused_and_stays(self, tmp_path: Path) -> None:
        """It is somebody else's, or a trap."""
        (tmp_path / "file").touch()

        with pytest.raises(OSError, match=f"File exists: '{tmp_path}'"):
            GuardedProcess(
                ServerCommand(argv=["/bin/true"], cwd="/", log=None, make=str(tmp_path))
            )

        assert (tmp_path / "file").exists()

    def test_server_that_can_not_be_started_leaves_none(self, tmp_path: Path) -> None:
        """There is nobody who would use it."""
        home = tmp_path / "home"

        with pytest.raises(OSError, match="/nonexistent"):
            GuardedProcess(
                ServerCommand(argv=["/nonexistent"], cwd="/", log=None, make=str(home))
            )

        assert not home.exists()


class TestLog:
    def test_server_without_a_log_writes_where_its_starter_does(
        self, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """In a terminal its lines stand beside those of the program that started it."""
        process = GuardedProcess(
            ServerCommand(
                argv=["/bin/sh", "-c", "echo out; echo err >&2"], cwd="/", log=None
            )
        )

        assert process.has_exited(PATIENCE_SECONDS)
        process.close()
        assert capfd.readouterr() == ("", "out\nerr\n")


class TestManyStarters:
    @pytest.mark.slow
    def test_twelve_processes_at_once_all_work(self) -> None:
        """As when a test suite runs with twelve workers."""
        with ThreadPoolExecutor(12) as pool:
            started = list(pool.map(_launch, ["wait"] * 12))
        for one in started:
            one.process.kill()

        assert len({one.socket for one in started}) == len(started)
        assert all(one.leaves_nothing() for one in started)

    def test_lock_of_a_killed_starter_is_no_obstacle(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A file that says "in use" must not outlive its server."""
        monkeypatch.setattr(data_directory, "LOCK_SECONDS", PATIENCE_SECONDS)
        started = _launch("wait", str(tmp_path))
        started.process.kill()

        with EmbeddedValkey(tmp_path) as server:
            assert server.pid != started.server
        assert started.leaves_nothing()

    @pytest.mark.usefixtures("impatient")
    def test_server_that_lost_its_watchdog_still_holds_the_lock(
        self, tmp_path: Path
    ) -> None:
        """The lock is the server's, not the watchdog's: it lasts as long as writes."""
        started = _launch("wait", str(tmp_path))
        os.kill(started.watchdog, signal.SIGKILL)

        with pytest.raises(DataDirectoryError, match="in use"):
            EmbeddedValkey(tmp_path).start()
        started.process.kill()
        os.kill(started.server, signal.SIGKILL)
        shutil.rmtree(started.socket.parent)

        assert started.leaves_nothing()

    @pytest.mark.usefixtures("impatient")
    def test_data_of_a_living_starter_is_refused(self, tmp_path: Path) -> None:
        """The line names the process to stop."""
        started = _launch("wait", str(tmp_path))

        with pytest.raises(DataDirectoryError, match=f"process {started.process.pid}"):
            EmbeddedValkey(tmp_path).start()
        started.process.kill()

        assert started.leaves_nothing()


class TestAnotherAccount:
    @pytest.fixture
    def account(self) -> pwd.struct_passwd:
        """An account without rights, which only root can become."""
        if os.getuid() != 0:
            pytest.skip("only root can become another account; this run is without")
        return pwd.getpwnam("nobody")

    @pytest.fixture
    def home(self, account: pwd.struct_passwd) -> Iterator[Path]:
        """A directory of the account's with a server program inside.

        Pytest's own directories are closed to other accounts.
        """
        home = choose_socket_directory("home", longest_name="valkey-server")
        home.mkdir(mode=0o700)
        shutil.copy(find_binary(), home / "valkey-server")
        os.chown(home, account.pw_uid, account.pw_gid)
        yield home
        shutil.rmtree(home)

    def test_server_runs_and_ends_without_root(
        self, account: pwd.struct_passwd, home: Path
    ) -> None:
        """Nothing in the launcher may need root, or trust what root may do."""
        python = _find_python_of(account)
        environment = {"PATH": str(home)}
        started = _launch(
            "wait",
            str(home / "data"),
            python=python,
            env=environment,
            account=account,
        )

        owner = started.socket.stat().st_uid
        started.process.kill()

        assert owner == account.pw_uid
        assert (home / "data").is_dir()
        assert started.leaves_nothing()


def _become(account: pwd.struct_passwd | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _find_python_of(account: pwd.struct_passwd) -> str:
    """Find a Python that the account can run; root's own may be closed to it."""
    program = "import sys; open(sys.argv[1]); sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        with contextlib.suppress(OSError):
            result = subprocess.run(  # noqa: S603 - a fixed program
                [python, "-c", program, STARTER],
                check=False,
                capture_output=True,
                **_become(account),
            )
            if result.returncode == 0:
                return python
    pytest.skip(f"{account.pw_name} can run no Python 3.11 or cannot read {STARTER}")
