"""A throw-away PostgreSQL cluster on a unix socket, gone with who started it."""

import contextlib
import os
import pwd
import shlex
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import psycopg

from demo_project.embedded_valkey.socket_directory import choose_socket_directory
from demo_project.watchdog import GuardedProcess, ServerCommand

HOW_TO_GET = (
    "install your system's postgresql package, or put initdb and postgres on PATH"
)
SUPERUSER = "postgres"
PORT = "5432"
SOCKET_NAME = f".s.PGSQL.{PORT}"
START_SECONDS = 60.0

# Nothing in it outlives the run, so nothing needs to reach the disk. Commits are handed
# to the system all the same: what a killed server took must be there for the next one.
# Shared memory is mapped from files in the data directory: /dev/shm would keep it after
# SIGKILL.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",
    "full_page_writes": "off",
    "dynamic_shared_memory_type": "mmap",
    "shared_memory_type": "mmap",
    "autovacuum": "on",
}


class PostgresError(Exception):
    """The throw-away cluster could not be made; the text says why."""


def find_programs() -> Path | None:
    """Find the directory of initdb and postgres: on PATH, else Debian's newest."""
    on_path = shutil.which("initdb"), shutil.which("postgres")
    if on_path[0] and on_path[1]:
        return Path(on_path[1]).resolve().parent
    candidates = [
        path
        for path in Path("/usr/lib/postgresql").glob("*/bin")
        if path.parent.name.isdigit() and (path / "initdb").is_file()
    ]
    return max(candidates, key=lambda path: int(path.parent.name), default=None)


class PostgresCluster:
    """A cluster of its own; ``socket_dir`` is the HOST to connect to."""

    def __init__(self, programs: Path) -> None:
        """Choose its place; nothing is written yet."""
        self._programs = programs
        self.socket_dir = choose_socket_directory("pg", longest_name=SOCKET_NAME)
        self._log = self.socket_dir / "log"
        self._user = _server_account()
        # The first made the cluster; each after it is a server that took over from
        # one that was killed. Every watchdog removes the directory in the end, so
        # that the last to finish does: a server that is ending may still write.
        self._processes: list[GuardedProcess] = []

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return self._running().pid

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """Connect as superuser to the database that is always there.

        Every statement is a transaction of its own. Nothing that PGPORT or PGHOSTADDR
        says counts.

        Raises:
            psycopg.OperationalError: It doesn't answer.
        """
        return psycopg.connect(
            host=str(self.socket_dir),
            port=PORT,
            hostaddr="",
            user=SUPERUSER,
            dbname="postgres",
            autocommit=True,
        )

    def url(self, database: str) -> str:
        """Return the address of one of its databases, as the demo takes it."""
        address = urlencode({"host": str(self.socket_dir), "port": PORT})
        return f"postgresql://{SUPERUSER}@/{database}?{address}"

    def start(self) -> None:
        """Make the cluster and return once it answers.

        Raises:
            PostgresError: It could not be made or started.
        """
        try:
            script = f"{self._initialisation()}; {self._server()}"
            self._processes = [self._spawn(script, is_new=True)]
            self._wait_for_answer()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and remove every trace of it."""
        while self._processes:
            self._processes.pop().close()
        shutil.rmtree(self.socket_dir, ignore_errors=True)

    def kill(self) -> None:
        """End the server at once, as a crash does; its data stays for ``revive``.

        Raises:
            PostgresError: It does not end.
        """
        process = self._running()
        process.send_signal(signal.SIGQUIT)
        if not process.has_exited(START_SECONDS):
            raise PostgresError("PostgreSQL did not end when it was told to.")

    def revive(self) -> None:
        """Start a server on what a killed one left, and return once it answers.

        Raises:
            PostgresError: It could not be started.
        """
        self._processes.append(self._spawn(self._server()))
        self._wait_for_answer()

    def __enter__(self) -> Self:
        """Start the cluster."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the cluster."""
        self.stop()

    def _running(self) -> GuardedProcess:
        if not self._processes:
            raise PostgresError("The cluster has not been started.")
        return self._processes[-1]

    def _spawn(self, script: str, *, is_new: bool = False) -> GuardedProcess:
        directory = str(self.socket_dir)
        # Initialised under the watchdog too: a run may be killed at any time.
        return GuardedProcess(
            ServerCommand(
                argv=["/bin/sh", "-c", script],
                cwd=directory,
                log=str(self._log),
                # A locale that is not installed would stop both programs.
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                make=directory if is_new else None,
                remove=[] if is_new else [directory],
                # Immediate shutdown: it waits for no client and writes nothing.
                stop_signal=signal.SIGQUIT,
                user=self._user,
            )
        )

    def _initialisation(self) -> str:
        """Return the part of the script that makes the cluster, or ends with it.

        The signal to stop goes to the shell alone, which would leave it to itself.
        """
        initdb = shlex.join(self._initdb())
        # Before it starts: a shell that has no trap yet would end alone.
        until_made = "trap 'kill $!; wait; exit 1' QUIT"
        return f"{until_made}; {initdb} & wait $! || exit; trap - QUIT"

    def _initdb(self) -> Sequence[str]:
        options = ["--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8"]
        options += ["--locale=C", "--no-sync", f"--pgdata={self.socket_dir / 'data'}"]
        return [str(self._programs / "initdb"), *options]

    def _server(self) -> str:
        command = [str(self._programs / "postgres")]
        command += ["-D", str(self.socket_dir / "data"), "-k", str(self.socket_dir)]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        return f"exec {shlex.join(command)}"

    def _wait_for_answer(self) -> None:
        process = self._running()
        deadline = time.monotonic() + START_SECONDS
        while not process.has_exited(0.02) and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError):
                self.connect().close()
                return
        log = self._log.read_text(errors="replace").strip()
        raise PostgresError(f"PostgreSQL did not start: {log[-1000:]}")


def _server_account() -> str | None:
    """Name the account to run as: PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise PostgresError(
            "PostgreSQL refuses to run as root and there is no account `postgres`: "
            "create one, or run this as another user."
        ) from None
