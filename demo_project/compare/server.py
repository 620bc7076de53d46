"""A throw-away demo server in one mode: its own Valkey, port, user; gone with us."""

import contextlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from demo_project.compare.database import Database
from demo_project.compare.modes import Mode
from demo_project.embedded_valkey import EmbeddedValkey
from demo_project.environment import CHECKOUT
from demo_project.http_caller import HttpCaller
from demo_project.ports import reserved_port
from demo_project.watchdog import GuardedProcess, ServerCommand

LONGEST_START_SECONDS = 60.0
LONGEST_PROGRAM_SECONDS = 1800.0
# What the person's own shell says about the demo must not reach this one.
OUR_VARIABLES = ("REDIS_URL", "DATABASE_URL", "AUTH_SCHEME", "DEMO_")


class ServerFailedError(Exception):
    """The throw-away server didn't start; the text ends with its last words."""


@dataclass(frozen=True, kw_only=True)
class ThrowAwayServer:
    """A running demo, all that it stands on, and the one account on it."""

    port: int
    valkey: EmbeddedValkey
    directory: Path
    """Its keys are in ``keys/`` there, as ``DEMO_DIR`` has them."""
    environment: Mapping[str, str]
    """What its programs run with."""
    username: str = field(default_factory=lambda: f"user-{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def second_port(self) -> int:
        """Where the second service listens."""
        return self.port + 1

    def open_device(self, name: str, *, port: int | None = None) -> HttpCaller:
        """Return a new client of this server, or of what listens on ``port``."""
        return HttpCaller(port or self.port, device=name)

    def run(self, module: str, *arguments: str, text: str = "") -> str:
        """Run a program with this server's settings; return what it printed.

        Args:
            module: Its dotted name.
            arguments: What follows on the command line, for all users to read.
            text: What it reads from its standard input.

        Raises:
            ServerFailedError: It failed.
        """
        ran = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", module, *arguments],
            input=text,
            capture_output=True,
            text=True,
            cwd=CHECKOUT,
            env=dict(self.environment),
            check=False,
            timeout=LONGEST_PROGRAM_SECONDS,
        )
        if ran.returncode:
            raise ServerFailedError(f"{module} failed: {_last_words(ran.stderr)}")
        return ran.stdout


@contextlib.contextmanager
def throw_away_server(
    mode: Mode, database: Database, root: Path
) -> Iterator[ThrowAwayServer]:
    """Run the demo in ``mode`` on a port of its own on 127.0.0.1, DEBUG off.

    Its Valkey keeps an append-only file, as the demo's does; watchdogs end both
    servers even if this process is killed.

    Args:
        mode: Which settings it has.
        database: Where it gets a database of its own.
        root: A directory that it makes its own in; it removes nothing there.

    Raises:
        ServerFailedError: It didn't start.
        EmbeddedValkeyError: Its Valkey didn't start.
    """
    directory = root / mode.name
    directory.mkdir()
    with (
        reserved_port(following=1) as port,
        EmbeddedValkey(directory / "valkey") as valkey,
    ):
        server = ThrowAwayServer(
            port=port,
            valkey=valkey,
            directory=directory,
            environment=_environment(mode, database)
            | {
                "DEMO_PORT": str(port),
                "DEMO_DIR": str(directory),
                "REDIS_URL": valkey.url,
            },
        )
        with _running(server):
            yield server


@contextlib.contextmanager
def _running(server: ThrowAwayServer) -> Iterator[None]:
    log = server.directory / "log"
    process = GuardedProcess(
        ServerCommand(
            argv=[sys.executable, "-m", "demo_project.serve"],
            cwd=str(CHECKOUT),
            log=str(log),
            env=server.environment,
        )
    )
    try:
        for port in (server.port, server.second_port):
            _wait_until_it_answers(process, server, port, log)
        server.run(
            "demo_project.compare.throw_away_user",
            server.username,
            text=server.password,
        )
        yield
    finally:
        process.close()


def _environment(mode: Mode, database: Database) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(OUR_VARIABLES)}
    return {
        **inherited,
        "AUTH_SCHEME": mode.scheme,
        "DATABASE_URL": database.url_for(mode.name),
        "DEMO_DEBUG": "0",
        "DEMO_COUNTING": "1",
        "DJANGO_SETTINGS_MODULE": "demo_project.settings",
        **mode.environment,
    }


def _wait_until_it_answers(
    process: GuardedProcess, server: ThrowAwayServer, port: int, log: Path
) -> None:
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < deadline and not process.has_exited(0.05):
        with (
            contextlib.suppress(OSError),
            server.open_device("starter", port=port) as starter,
        ):
            starter.send("GET", "/")
            return
    last_words = _last_words(log.read_text(errors="replace"))
    raise ServerFailedError(f"The demo didn't start: {last_words}")


def _last_words(text: str) -> str:
    return " / ".join(text.strip().splitlines()[-3:])
