"""A throw-away demo server: own directory, own port, own user, gone with us."""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from demo_project.environment import CHECKOUT
from demo_project.http_caller import HttpCaller
from demo_project.ports import reserved_port
from demo_project.watchdog import GuardedProcess, ServerCommand

LONGEST_START_SECONDS = 60.0
# What the person's own shell says about the demo must not reach this one.
OUR_VARIABLES = ("REDIS_URL", "DATABASE_URL", "DEMO_HOSTS", "DEMO_SECURE_COOKIES")


class ServerFailedError(Exception):
    """The throw-away server didn't start; the text ends with its last words."""


@dataclass(frozen=True, kw_only=True)
class ThrowAwayServer:
    """A running demo and the one account on it."""

    port: int
    username: str = field(default_factory=lambda: f"user-{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def open_device(self, name: str) -> HttpCaller:
        """Return a new client of this server."""
        return HttpCaller(self.port, device=name)


@contextlib.contextmanager
def throw_away_server(scheme: str) -> Iterator[ThrowAwayServer]:
    """Run the demo with ``scheme`` on a port of its own on 127.0.0.1, DEBUG off.

    Its watchdog ends it and removes its directory, even if this process is killed.

    Raises:
        ServerFailedError: It didn't start.
    """
    with reserved_port() as port, _running(scheme, port) as server:
        yield server


@contextlib.contextmanager
def _running(scheme: str, port: int) -> Iterator[ThrowAwayServer]:
    server = ThrowAwayServer(port=port)
    directory = Path(tempfile.mkdtemp(prefix="tandem-compare-"))
    environment = _environment(scheme, server.port, directory)
    try:
        process = GuardedProcess(
            ServerCommand(
                argv=[sys.executable, "-m", "demo_project.serve"],
                cwd=str(CHECKOUT),
                log=str(directory / "log"),
                env=environment,
                remove=[str(directory)],
            )
        )
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    try:
        _wait_until_it_answers(process, server, directory / "log")
        _create_user(server, environment)
        yield server
    finally:
        process.close()


def _environment(scheme: str, port: int, directory: Path) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if k not in OUR_VARIABLES}
    return inherited | {
        "AUTH_SCHEME": scheme,
        "DEMO_PORT": str(port),
        "DEMO_DIR": str(directory),
        "DEMO_DEBUG": "0",
        "DEMO_COUNTING": "1",
        "DEMO_RESOURCE_SERVER": "0",
        "DJANGO_SETTINGS_MODULE": "demo_project.settings",
    }


def _wait_until_it_answers(
    process: GuardedProcess, server: ThrowAwayServer, log: Path
) -> None:
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < deadline and not process.has_exited(0.05):
        with contextlib.suppress(OSError), server.open_device("starter") as starter:
            starter.send("GET", "/api/public/")
            return
    last_words = log.read_text(errors="replace").strip().splitlines()[-3:]
    raise ServerFailedError(f"The demo didn't start: {' / '.join(last_words)}")


def _create_user(server: ThrowAwayServer, environment: Mapping[str, str]) -> None:
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "demo_project.compare.throw_away_user", server.username],
        input=server.password,
        text=True,
        cwd=CHECKOUT,
        env=environment,
        check=True,
        timeout=LONGEST_START_SECONDS,
    )
