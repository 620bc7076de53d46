"""Rows that are copies of another one, many at a time: COPY where the database has it.

``bulk_create`` takes ten times as long, which a million rows turn into minutes.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Model

Columns = Mapping[str, Any]
"""By their names; the values as the driver takes them."""


class RowCopier:
    """Stores copies of one row, in which some columns are different."""

    def __init__(self, like: Model) -> None:
        """Copy ``like``, whatever it is in the database."""
        self._model = type(like)
        # Not Django's proxy for it, which costs more than the copying.
        self._connection = connections[DEFAULT_DB_ALIAS]
        self._fields = {f.attname: f for f in self._model._meta.concrete_fields}
        values = {name: getattr(like, name) for name in self._fields}
        self._template = self.prepared(values)

    def prepared(self, columns: Mapping[str, object]) -> Columns:
        """Return columns as the database's driver takes them."""
        return {
            name: self._fields[name].get_db_prep_save(value, self._connection)
            for name, value in columns.items()
        }

    def store(self, rows: Iterable[Columns]) -> None:
        """Store a copy for each of ``rows``, which say what is different in it."""
        table = [tuple({**self._template, **row}.values()) for row in rows]
        with transaction.atomic(), self._connection.cursor() as cursor:
            if self._connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self._into()} FROM STDIN") as copying:
                    for row in table:
                        copying.write_row(row)
            else:
                places = ", ".join(["%s"] * len(self._fields))
                cursor.executemany(
                    f"INSERT INTO {self._into()} VALUES ({places})",  # noqa: S608 # our own names
                    table,
                )

    def reset_sequence(self) -> None:
        """Let the database choose numbers again that are beyond those stored."""
        operations = self._connection.ops
        with self._connection.cursor() as cursor:
            for sql in operations.sequence_reset_sql(no_style(), [self._model]):
                cursor.execute(sql)

    def _into(self) -> str:
        quote = self._connection.ops.quote_name
        columns = ", ".join(quote(str(field.column)) for field in self._fields.values())
        return f"{quote(self._model._meta.db_table)} ({columns})"
