"""The launcher: start, stop and disturb one embedded server."""

import contextlib
import shlex
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from demo_project.embedded_valkey.binary import find_binary
from demo_project.embedded_valkey.data_directory import hold_data_directory
from demo_project.embedded_valkey.errors import EmbeddedValkeyError, ServerStartError
from demo_project.embedded_valkey.socket_directory import choose_socket_directory
from demo_project.watchdog import GuardedProcess, ServerCommand

START_SECONDS = 20.0

# Only directives that Redis 7.0 and Valkey both know.
ALWAYS = {"port": "0", "unixsocketperm": "700", "loglevel": "warning", "save": '""'}
# Every request with a session extends that session, which is a write. With
# `appendfsync always` the demo would measure the disk instead of the two schemes.
# `everysec` may lose a second when the machine loses power; the ends that a demo
# meets (Ctrl-C, SIGKILL of the demo) all pass through the server's own shutdown.
WITH_DATA = {"appendonly": "yes", "appendfsync": "everysec"}
WITHOUT_DATA = {"appendonly": "no"}


class EmbeddedValkey:
    """One server; ``start`` after ``stop`` or ``kill`` revives it at the same URL."""

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        binary: Path | str | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare a server; nothing is started or written yet.

        Args:
            data_dir: Home of the append-only file; without it nothing is kept.
            binary: The server program; looked up when the server starts if None.
            options: More directives, values written as in the configuration file.
        """
        self._binary = binary
        self._data_dir = None if data_dir is None else Path(data_dir).absolute()
        self._options = dict(options or {})
        self._process: GuardedProcess | None = None
        self._directory = choose_socket_directory("valkey", longest_name="s")

    @property
    def socket_path(self) -> Path:
        """The server's unix socket; the same after every start."""
        return self._directory / "s"

    @property
    def url(self) -> str:
        """The server's database 0 as a URL for redis-py and django-redis."""
        return f"unix://{quote(str(self.socket_path))}?db=0"

    @property
    def pid(self) -> int:
        """The server's process id (not the watchdog's)."""
        return self._running().pid

    def start(self) -> None:
        """Start the server and return once it answers; do nothing if it runs.

        Raises:
            EmbeddedValkeyError: It could not be started.
        """
        if self._process is not None and not self._process.has_exited():
            return
        self.stop()
        with contextlib.ExitStack() as held:
            lock = []
            if self._data_dir is not None:
                lock = [held.enter_context(hold_data_directory(self._data_dir))]
            self._process = self._spawn(str(self._binary or find_binary()), lock)
        try:
            self._wait_for_answer()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server in good order and remove its socket's directory."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def kill(self) -> None:
        """Send SIGKILL, as the kernel does when memory runs out; wait for the end."""
        process = self._running()
        process.send_signal(signal.SIGKILL)
        process.has_exited(START_SECONDS)

    def pause(self) -> None:
        """Make the server hang: connections open, nothing answers."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server go on."""
        self._running().send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self.stop()

    def _running(self) -> GuardedProcess:
        if self._process is None:
            raise EmbeddedValkeyError("The embedded server has not been started.")
        return self._process

    def _spawn(self, binary: str, lock: list[int]) -> GuardedProcess:
        command = ServerCommand(
            argv=[binary, *self._arguments()],
            cwd=str(self._directory),
            log=str(self._directory / "log"),
            # A locale that is not installed would stop the server.
            env={"LC_ALL": "C"},
            make=str(self._directory),
            pass_fds=lock,
        )
        try:
            return GuardedProcess(command)
        except OSError as error:
            is_directory = str(self._directory) in str(error)
            hint = ". Does TMPDIR name a directory of yours?" if is_directory else ""
            raise ServerStartError(
                f"{binary} could not be started: {error}{hint}"
            ) from error

    def _arguments(self) -> list[str]:
        storage = WITHOUT_DATA if self._data_dir is None else WITH_DATA
        directives = {**ALWAYS, **storage, **self._options}
        arguments = ["--unixsocket", str(self.socket_path)]
        arguments += ["--dir", str(self._data_dir or self._directory)]
        for name, value in directives.items():
            arguments += [f"--{name}", *shlex.split(value)]
        return arguments

    def _wait_for_answer(self) -> None:
        process = self._running()
        deadline = time.monotonic() + START_SECONDS
        while not process.has_exited(0.01):
            if _answers(self.socket_path):
                return
            if time.monotonic() > deadline:
                break
        raise ServerStartError(f"The server did not start: {self._last_words()}")

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            log = (self._directory / "log").read_text(errors="replace")
            return "; ".join(filter(None, log.splitlines()[-3:])) or "it said nothing"
        return "it left no log"


def _answers(socket_path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            answer = connection.recv(64)
    except OSError:
        return False
    # Any other answer, a demand for a password included, comes from a ready server.
    return bool(answer) and not answer.startswith(b"-LOADING")
