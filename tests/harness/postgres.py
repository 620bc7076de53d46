"""A throw-away PostgreSQL cluster on a unix socket, gone with the test run."""

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
from typing import Self

import psycopg

from demo_project.embedded_valkey.socket_directory import choose_socket_directory
from demo_project.watchdog import GuardedProcess, ServerCommand

HOW_TO_GET = (
    "install your system's postgresql package, or put initdb and postgres on PATH"
)
SUPERUSER = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
START_SECONDS = 60.0

# Nothing in it outlives the run, so nothing needs to reach the disk. Shared memory
# is mapped from files in the data directory: /dev/shm would keep it after SIGKILL.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
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
        self._process: GuardedProcess | None = None

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        if self._process is None:
            raise PostgresError("The cluster has not been started.")
        return self._process.pid

    def start(self) -> None:
        """Make the cluster and return once it answers.

        Raises:
            PostgresError: It could not be made or started.
        """
        try:
            self._make_directory()
            self._process = self._spawn()
            self._wait_for_answer(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and remove every trace of it."""
        if self._process is not None:
            self._process.close()
            self._process = None
        shutil.rmtree(self.socket_dir, ignore_errors=True)

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

    def _make_directory(self) -> None:
        self.socket_dir.mkdir(mode=0o700)
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            os.chown(self.socket_dir, account.pw_uid, account.pw_gid)

    def _spawn(self) -> GuardedProcess:
        # Initialised under the watchdog too: a run may be killed at any time.
        script = (
            f"set -e; {shlex.join(self._initdb())}; exec {shlex.join(self._server())}"
        )
        return GuardedProcess(
            ServerCommand(
                argv=["/bin/sh", "-c", script],
                cwd=str(self.socket_dir),
                log=str(self._log),
                # A locale that is not installed would stop both programs.
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                remove=[str(self.socket_dir)],
                # Immediate shutdown: it waits for no client and writes nothing.
                stop_signal=signal.SIGQUIT,
                user=self._user,
            )
        )

    def _initdb(self) -> Sequence[str]:
        options = ["--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8"]
        options += ["--locale=C", "--no-sync", f"--pgdata={self.socket_dir / 'data'}"]
        return [str(self._programs / "initdb"), *options]

    def _server(self) -> Sequence[str]:
        command = [str(self._programs / "postgres")]
        command += ["-D", str(self.socket_dir / "data"), "-k", str(self.socket_dir)]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _wait_for_answer(self, process: GuardedProcess) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not process.has_exited(0.02) and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError):
                psycopg.connect(
                    host=str(self.socket_dir), user=SUPERUSER, dbname="postgres"
                ).close()
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
            "create one, or run the tests as another user."
        ) from None
