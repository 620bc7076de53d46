"""The database of a run: a PostgreSQL cluster of its own, or SQLite where none is."""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Protocol

import psycopg

from demo_project.throw_away_postgres import (
    SUPERUSER,
    PostgresCluster,
    find_programs,
)


class Database(Protocol):
    """What the modes keep their users and token families in; each has its own."""

    name: str
    """The product and its version."""
    can_stop: bool
    """Whether ``stop`` and ``start`` do anything: SQLite is no server."""

    def url_for(self, mode: str) -> str:
        """Return the ``DATABASE_URL`` of a mode; nothing for a file of its own."""

    def stop(self) -> None:
        """End the server as a crash does."""

    def start(self) -> None:
        """Start it again on the same data."""


class _Sqlite:
    name = f"SQLite {sqlite3.sqlite_version}"
    can_stop = False

    def url_for(self, mode: str) -> str:
        del mode
        return ""

    def stop(self) -> None:
        raise NotImplementedError("SQLite is no server that could be stopped.")

    start = stop


class _PostgreSQL:
    can_stop = True

    def __init__(self, cluster: PostgresCluster) -> None:
        self._cluster = cluster
        with self._connection() as connection:
            [version] = connection.execute("SHOW server_version").fetchone() or [""]
        self.name = f"PostgreSQL {version.split()[0]}"

    def url_for(self, mode: str) -> str:
        with self._connection() as connection:
            # The names are those of demo_project.compare.modes.
            connection.execute(f"CREATE DATABASE {mode}")
        return self._cluster.url(mode)

    def stop(self) -> None:
        self._cluster.kill()

    def start(self) -> None:
        self._cluster.revive()

    @contextlib.contextmanager
    def _connection(self) -> Iterator["psycopg.Connection[tuple[str, ...]]"]:
        connection = psycopg.connect(
            host=str(self._cluster.socket_dir),
            user=SUPERUSER,
            dbname="postgres",
            autocommit=True,
        )
        with contextlib.closing(connection):
            yield connection


@contextlib.contextmanager
def throw_away_database() -> Iterator[Database]:
    """Run a database for the modes of one comparison.

    Raises:
        PostgresError: PostgreSQL is installed and could not be started.
    """
    programs = find_programs()
    if programs is None:
        yield _Sqlite()
        return
    with PostgresCluster(programs) as cluster:
        yield _PostgreSQL(cluster)
