"""A Valkey (or Redis) server of one's own, on a unix socket, for demo and tests.

It needs no port, so that any number can start at the same time, and it runs under
``demo_project.watchdog``, so that none outlives the process that started it::

    with EmbeddedValkey() as valkey:
        redis.from_url(valkey.url).ping()

Errors, each one clear line for whoever starts the demo or the tests::

    EmbeddedValkeyError
    ├── ServerMissingError  no program to start
    ├── DataDirectoryError  the data cannot live there, or another server uses it
    └── ServerStartError    the program ended, or never answered
"""

import contextlib
import fcntl
import os
import secrets
import shlex
import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from demo_project.valkey_binary import ServerNotFoundError, find_binary
from demo_project.watchdog import GuardedProcess, ServerCommand

# sun_path holds 108 bytes on Linux and 104 on macOS, the final NUL included.
LONGEST_SOCKET_PATH = 103
START_SECONDS = 20.0
# After a quick restart the predecessor may still be writing its last lines.
LOCK_SECONDS = 3.0

# Only directives that Redis 7.0 and Valkey both know.
ALWAYS = {"port": "0", "unixsocketperm": "700", "loglevel": "warning", "save": '""'}
# Every request with a session extends that session, which is a write. With
# `appendfsync always` the demo would measure the disk instead of the two schemes.
# `everysec` may lose a second when the machine loses power; the ends that a demo
# meets (Ctrl-C, SIGKILL of the demo) all pass through the server's own shutdown.
WITH_DATA = {"appendonly": "yes", "appendfsync": "everysec"}
WITHOUT_DATA = {"appendonly": "no"}


class EmbeddedValkeyError(Exception):
    """The embedded server cannot be used; the text says why in one line."""


class ServerMissingError(EmbeddedValkeyError):
    """No server program of a sufficient version is installed."""


class DataDirectoryError(EmbeddedValkeyError):
    """The data directory is unusable, or another server uses it."""


class ServerStartError(EmbeddedValkeyError):
    """The program ended or never answered; the text ends with its last words."""


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
        binary = self._find_binary()
        with self._locked_data_dir() as lock:
            self._process = self._spawn(binary, lock)
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

    def _find_binary(self) -> str:
        try:
            return str(self._binary or find_binary())
        except ServerNotFoundError as error:
            raise ServerMissingError(str(error)) from None

    @contextlib.contextmanager
    def _locked_data_dir(self) -> Iterator[list[int]]:
        """Hold the data directory's lock while the server inherits it."""
        if self._data_dir is None:
            yield []
            return
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True)
            lock = (self._data_dir / "valkey.lock").open("a+")
        except OSError as error:
            raise DataDirectoryError(
                f"{self._data_dir} cannot hold the server's data: {error.strerror}."
            ) from error
        with lock:
            _lock(lock, self._data_dir)
            yield [lock.fileno()]

    def _spawn(self, binary: str, lock: list[int]) -> GuardedProcess:
        try:
            self._directory.mkdir(mode=0o700)
            return GuardedProcess(
                ServerCommand(
                    argv=[binary, *self._arguments()],
                    cwd=str(self._directory),
                    log=str(self._directory / "log"),
                    # A locale that is not installed would stop the server.
                    env={"LC_ALL": "C"},
                    remove=[str(self._directory)],
                    pass_fds=lock,
                )
            )
        except OSError as error:
            raise ServerStartError(f"{binary} could not be started: {error}") from error

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


def choose_socket_directory(prefix: str, *, longest_name: str) -> Path:
    """Choose a new directory's name, short enough for a socket inside it.

    Whoever makes it must do so exclusively and with mode 0700: it may be in /tmp.
    """
    name = f"{prefix}-{secrets.token_hex(4)}"
    directory = Path(tempfile.gettempdir(), name).absolute()
    if len(os.fsencode(directory / longest_name)) > LONGEST_SOCKET_PATH:
        return Path("/tmp", name)  # noqa: S108 - see the docstring
    return directory


def _lock(lock: IO[str], data_dir: Path) -> None:
    # The lock belongs to the open file, which watchdog and server inherit: the
    # kernel drops it when the last of them is gone, so it can never be stale.
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                lock.seek(0)
                raise DataDirectoryError(
                    f"{data_dir} is in use by another server, started by process "
                    f"{lock.read() or 'unknown'}; stop that one or choose another "
                    "directory."
                ) from None
            time.sleep(0.05)
        else:
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            return


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
