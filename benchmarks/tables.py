"""What tables of PostgreSQL hold and take, dead rows cleared away first."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import Model

Models = Iterable[type[Model]]


def size(models: Models) -> int:
    """Return the bytes that the tables take, indexes and long values included."""
    return sum(_size(model._meta.db_table) for model in models)


def rows(models: Models) -> int:
    """Return how many rows the tables hold."""
    return sum(model._default_manager.count() for model in models)


def writing_transactions() -> int:
    """Return how many transactions have written anything, ever, in the cluster."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_snapshot_xmax(txid_current_snapshot())")
        return int(cursor.fetchone()[0])


def _size(table: str) -> int:
    name = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM {name}")
        cursor.execute("SELECT pg_total_relation_size(%s)", [name])
        return int(cursor.fetchone()[0])
