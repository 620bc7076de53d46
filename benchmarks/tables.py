"""What tables of PostgreSQL hold and take, dead rows cleared away first."""

from collections.abc import Iterable

from django.db import connection, connections
from django.db.models import F, Model

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


def copy_in(model: type[Model], rows: Iterable[Model], *, using: str) -> None:
    """Write rows as fast as PostgreSQL takes them: nothing of Django is asked."""
    fields = model._meta.concrete_fields
    columns = ", ".join(str(field.column) for field in fields)
    with (
        connections[using].cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row([getattr(row, field.attname) for field in fields])


def rewrite(model: type[Model], *, using: str) -> None:
    """Write every row once more, and clear up: as if each had been in use.

    A table that was filled at once has no room in its pages, and the first change of
    each row would pay for that.
    """
    key = model._meta.pk.name
    model._default_manager.using(using).update(**{key: F(key)})
    name = model._meta.db_table
    with connections[using].cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {name}")
        cursor.execute("CHECKPOINT")
