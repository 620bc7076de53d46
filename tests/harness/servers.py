"""The servers of a test run: which ones it needs, and where they are announced.

The environment is the only way from here to ``tests.settings`` and to the workers:

- ``TEST_DATABASE``: ``postgresql`` or ``sqlite``; set from outside it forces one
- ``TEST_POSTGRES_SOCKET_DIR``: the throw-away cluster's directory
- ``TEST_POSTGRES_MISSING``: set if SQLite stands in because programs are missing
- ``TEST_REDIS_URL``: the embedded Valkey; every worker has a database of its own
"""

import contextlib
import os
import re
from pathlib import Path

from demo_project import throw_away_postgres as postgres
from demo_project.embedded_valkey import EmbeddedValkey

# Database 0 belongs to a run without workers, 1 to 63 to gw0 to gw62.
REDIS_DATABASES = 64
NO_SERVER = "unix:///nonexistent?db=0"


def start_servers(cleanup: contextlib.ExitStack) -> None:
    """Start what is not announced yet, and announce it; ``cleanup`` stops it."""
    if "TEST_REDIS_URL" not in os.environ:
        options = {"databases": str(REDIS_DATABASES)}
        valkey = cleanup.enter_context(EmbeddedValkey(options=options))
        _announce(cleanup, "TEST_REDIS_URL", valkey.url)
    _choose_database(cleanup)
    if (
        os.environ["TEST_DATABASE"] == "postgresql"
        and "TEST_POSTGRES_SOCKET_DIR" not in os.environ
    ):
        cluster = cleanup.enter_context(postgres.PostgresCluster(_programs()))
        _announce(cleanup, "TEST_POSTGRES_SOCKET_DIR", str(cluster.socket_dir))


def announce_none(cleanup: contextlib.ExitStack) -> None:
    """Let the settings be read where no test will run, as in a mere collection."""
    for name, value in {
        "TEST_DATABASE": "sqlite",
        "TEST_REDIS_URL": NO_SERVER,
    }.items():
        if name not in os.environ:
            _announce(cleanup, name, value)


def use_own_redis_database(worker: str) -> None:
    """Give the worker ``gw<n>`` a database that no other worker uses."""
    number = int(worker.removeprefix("gw")) + 1
    if number >= REDIS_DATABASES:
        raise ValueError(f"At most {REDIS_DATABASES - 1} workers are possible.")
    url = re.sub(r"db=\d+", f"db={number}", os.environ["TEST_REDIS_URL"])
    os.environ["TEST_REDIS_URL"] = url


def _choose_database(cleanup: contextlib.ExitStack) -> None:
    chosen = os.environ.get("TEST_DATABASE")
    if chosen is None:
        missing = postgres.find_programs() is None
        _announce(cleanup, "TEST_DATABASE", "sqlite" if missing else "postgresql")
        if missing:
            _announce(cleanup, "TEST_POSTGRES_MISSING", "1")
    elif chosen not in {"sqlite", "postgresql"}:
        raise ValueError(f"TEST_DATABASE is {chosen!r}: use sqlite or postgresql.")


def _programs() -> Path:
    programs = postgres.find_programs()
    if programs is None:
        raise postgres.PostgresError(f"No PostgreSQL: {postgres.HOW_TO_GET}.")
    return programs


def _announce(cleanup: contextlib.ExitStack, name: str, value: str) -> None:
    os.environ[name] = value
    cleanup.callback(os.environ.pop, name, None)
