"""The database of a run: a PostgreSQL cluster of its own, or SQLite where none is."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from demo_project.throw_away_postgres import (
    PostgresCluster,
    find_programs,
)

TEMPLATE = "template"
"""The database that is filled once, and its ``DEMO_DIR`` below the run's directory."""
SQLITE_FILE = "db.sqlite3"
"""As ``demo_project.settings`` calls it."""


class Database(Protocol):
    """What the modes keep their users and token families in; each has its own."""

    name: str
    """The product and its version."""
    can_stop: bool
    """Whether ``stop`` and ``start`` do anything: SQLite is no server."""

    template_url: str
    """The ``DATABASE_URL`` of what every mode gets a copy of."""

    def url_for(self, mode: str) -> str:
        """Make a mode's copy; return its ``DATABASE_URL``, nothing for a file."""

    def stop(self) -> None:
        """End the server as a crash does."""

    def start(self) -> None:
        """Start it again on the same data."""


class _Sqlite:
    name = f"SQLite {sqlite3.sqlite_version}"
    can_stop = False
    template_url = ""

    def __init__(self, root: Path) -> None:
        self._root = root

    def url_for(self, mode: str) -> str:
        template = self._root / TEMPLATE / SQLITE_FILE
        shutil.copy(template, self._root / mode / SQLITE_FILE)
        return ""

    def stop(self) -> None:
        raise NotImplementedError("SQLite is no server that could be stopped.")

    start = stop


class _PostgreSQL:
    can_stop = True

    def __init__(self, cluster: PostgresCluster) -> None:
        self._cluster = cluster
        with contextlib.closing(self._cluster.connect()) as connection:
            [version] = connection.execute("SHOW server_version").fetchone() or [""]
            connection.execute(f"CREATE DATABASE {TEMPLATE}")
        self.name = f"PostgreSQL {version.split()[0]}"
        self.template_url = cluster.url(TEMPLATE)

    def url_for(self, mode: str) -> str:
        with contextlib.closing(self._cluster.connect()) as connection:
            # The names are those of demo_project.compare.modes.
            connection.execute(f"CREATE DATABASE {mode} TEMPLATE {TEMPLATE}")
        return self._cluster.url(mode)

    def stop(self) -> None:
        self._cluster.kill()

    def start(self) -> None:
        self._cluster.revive()


@contextlib.contextmanager
def throw_away_database(root: Path) -> Iterator[Database]:
    """Run a database for the modes of one comparison.

    Args:
        root: Where the modes have a directory each, for SQLite's files.

    Raises:
        PostgresError: PostgreSQL is installed and could not be started.
    """
    programs = find_programs()
    if programs is None:
        yield _Sqlite(root)
        return
    with PostgresCluster(programs) as cluster:
        yield _PostgreSQL(cluster)
