"""A throw-away demo server in one mode: its own Valkey, port, user; gone with us."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from demo_project.compare.modes import Mode
from demo_project.compare.servers.bound_program import last_words, run_bound
from demo_project.compare.servers.database import TEMPLATE, Database
from demo_project.compare.servers.template_database import Account, fill_template
from demo_project.compare.servers.throw_away_directory import in_use
from demo_project.embedded_valkey import EmbeddedValkey
from demo_project.environment import CHECKOUT, without_ours
from demo_project.http_caller import HttpCaller
from demo_project.ports import reserved_port
from demo_project.watchdog import GuardedProcess, ServerCommand

# All of them start at the same time, perhaps on a busy machine.
LONGEST_START_SECONDS = 180.0


class ServerFailedError(Exception):
    """The throw-away server didn't start; the text ends with its last words."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What the servers of one run share."""

    root: Path
    """Each has a directory of its own in it."""
    database: Database
    account: Account
    second_service: bool
    """Whether each starts the second service beside it."""
    end: Event = field(default_factory=Event)
    """Set when the run ends; a server that still starts gives up."""


@dataclass(frozen=True, kw_only=True)
class ThrowAwayServer:
    """A running demo, all that it stands on, and the one account on it."""

    port: int
    valkey: EmbeddedValkey
    directory: Path
    """Its keys are in ``keys/`` there, as ``DEMO_DIR`` has them."""
    environment: Mapping[str, str]
    """What its programs run with."""
    account: Account

    @property
    def username(self) -> str:
        """Who logs in where the hash of the password is of no interest."""
        return self.account.username

    @property
    def password(self) -> str:
        """The password of every user."""
        return self.account.password

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
            ProgramFailedError: It failed.
        """
        return run_bound(module, *arguments, environment=self.environment, text=text)


def prepare_ground(
    root: Path, database: Database, *, second_service: bool = True
) -> Ground:
    """Fill the database that every mode gets a copy of.

    Raises:
        ProgramFailedError: It couldn't be filled.
    """
    environment = without_ours(os.environ) | {
        "DATABASE_URL": database.template_url,
        "DEMO_COUNTING": "1",
        "DEMO_DIR": str(root / TEMPLATE),
        "DJANGO_SETTINGS_MODULE": "demo_project.settings",
    }
    account = fill_template(environment)
    return Ground(
        root=root, database=database, account=account, second_service=second_service
    )


@contextlib.contextmanager
def throw_away_server(mode: Mode, ground: Ground) -> Iterator[ThrowAwayServer]:
    """Run the demo in ``mode`` on a port of its own on 127.0.0.1, DEBUG off.

    Its Valkey keeps an append-only file, as the demo's does; watchdogs end both
    servers even if this process is killed.

    Raises:
        ServerFailedError: It didn't start.
        EmbeddedValkeyError: Its Valkey didn't start.
    """
    directory = ground.root / mode.name
    directory.mkdir()
    with (
        reserved_port(following=1) as port,
        EmbeddedValkey(directory / "valkey") as valkey,
    ):
        server = ThrowAwayServer(
            port=port,
            valkey=valkey,
            directory=directory,
            environment=_environment(mode, ground)
            | {
                "DEMO_PORT": str(port),
                "DEMO_DIR": str(directory),
                "REDIS_URL": valkey.url,
            },
            account=ground.account,
        )
        with _running(server, ground):
            yield server


@contextlib.contextmanager
def _running(server: ThrowAwayServer, ground: Ground) -> Iterator[None]:
    log = server.directory / "log"
    with in_use(server.directory) as lock:
        process = GuardedProcess(
            ServerCommand(
                argv=[sys.executable, "-m", "demo_project.serve"],
                cwd=str(CHECKOUT),
                log=str(log),
                env=server.environment,
                pass_fds=[lock],
            )
        )
    try:
        _wait_until_it_answers(process, server.port, ground, log)
        if ground.second_service:
            _wait_until_it_answers(process, server.second_port, ground, log)
        yield
    finally:
        process.close()


def _environment(mode: Mode, ground: Ground) -> dict[str, str]:
    return {
        **without_ours(os.environ),
        "AUTH_SCHEME": mode.scheme,
        "DATABASE_URL": ground.database.url_for(mode.name),
        "DEMO_DEBUG": "0",
        "DEMO_COUNTING": "1",
        "DEMO_RESOURCE_SERVER": str(int(ground.second_service)),
        "DJANGO_SETTINGS_MODULE": "demo_project.settings",
        **mode.environment,
    }


def _wait_until_it_answers(
    process: GuardedProcess, port: int, ground: Ground, log: Path
) -> None:
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while not process.has_exited(0.05):
        if ground.end.is_set() or time.monotonic() > deadline:
            break
        with (
            contextlib.suppress(OSError),
            HttpCaller(port, device="starter") as starter,
        ):
            starter.send("GET", "/")
            return
    words = last_words(log.read_text(errors="replace"))
    raise ServerFailedError(f"The demo didn't start: {words}")
