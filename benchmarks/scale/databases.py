"""A second PostgreSQL database beside the first, and the way to either."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.models import Model
from django.test import override_settings

FEW = "few"
"""The alias of the database, and of the cache, that hold few logins."""


@dataclass(frozen=True)
class _Router:
    """Sends everything to one database."""

    alias: str

    def db_for_read(self, _model: type[Model], **_hints: object) -> str:
        """Return the database."""
        return self.alias

    def db_for_write(self, _model: type[Model], **_hints: object) -> str:
        """Return the database."""
        return self.alias


@contextmanager
def second_database() -> Iterator[None]:
    """Make it, with every table; it goes with the server."""
    connections.settings[FEW] = {**connections.settings["default"], "NAME": FEW}
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {FEW}")
    call_command("migrate", database=FEW, verbosity=0)
    try:
        yield
    finally:
        connections[FEW].close()


@contextmanager
def side(alias: str) -> Iterator[None]:
    """Let jwtauth use this database, and the denylist of this cache."""
    with override_settings(
        DATABASE_ROUTERS=[_Router(alias)],
        JWTAUTH={**settings.JWTAUTH, "DENYLIST_CACHE": alias},
    ):
        yield
