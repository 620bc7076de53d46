"""A read replica that lags: a schema of the test's own database, copied when told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from typing import Any, TypeAlias

from django.db import connection, connections
from django.db.models import Model
from django.test import override_settings

CatchUp: TypeAlias = Callable[[], None]


class ReadsFromReplica:
    """The router of Django's documentation: one primary, one replica."""

    def db_for_read(self, model: type[Model], **hints: object) -> str:
        return "replica"

    def db_for_write(self, model: type[Model], **hints: object) -> str:
        return "default"

    def allow_relation(self, one: Model, other: Model, **hints: object) -> bool:
        return True


ROUTER = f"{__name__}.{ReadsFromReplica.__name__}"


@contextmanager
def lagging_replica(*models: type[Model]) -> Iterator[CatchUp]:
    """Route reads to a replica that has these tables and no others.

    Yields what makes it catch up; PostgreSQL only.
    """
    settings: dict[str, Any] = deepcopy(connection.settings_dict)
    settings["OPTIONS"]["options"] = "-c search_path=replica"
    connections.settings["replica"] = settings
    # Connected here: of aliases that it has not set up Django opens no connection.
    connections["replica"].connect()
    try:
        _copy(models)
        with override_settings(DATABASE_ROUTERS=[ROUTER]):
            yield partial(_copy, models)
    finally:
        connections["replica"].close()
        del connections["replica"], connections.settings["replica"]
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA replica CASCADE")


def _copy(models: tuple[type[Model], ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS replica CASCADE")
        cursor.execute("CREATE SCHEMA replica")
        for model in models:
            table = model._meta.db_table
            cursor.execute(f"CREATE TABLE replica.{table} AS TABLE public.{table}")
