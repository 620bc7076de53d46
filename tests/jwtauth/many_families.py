"""Rows of many logins at once, as years of use leave them."""

import uuid
from datetime import UTC, datetime, timedelta

from django.db import connection

from jwtauth.models import TokenFamily

SEVERAL = 50
"""From here on an INSERT, with its 20 parameters for each row, takes long."""

_NEVER = datetime(2020, 1, 1, tzinfo=UTC)


def write_families(
    number: int, *, over_for: timedelta, revoked: bool = False, first: int = 0
) -> list[TokenFamily]:
    """Write logins whose absolute expiry was ``over_for`` ago (negative: to come).

    Their ids begin with ``first`` and go up.
    """
    ends = datetime.now(UTC) - over_for
    rows = [
        TokenFamily(
            pk=uuid.UUID(int=(first << 120) + number),
            backend="django.contrib.auth.backends.ModelBackend",
            client_id="first-party",
            secret_hash=b"s" * 32,
            nonce=b"n" * 32,
            key_hint=b"kh",
            context=b"c" * 16,
            binding=b"b" * 32,
            created_at=_NEVER,
            rotated_at=_NEVER,
            access_until=ends,
            idle_expires_at=ends,
            absolute_expires_at=ends,
            revoked_at=_NEVER if revoked else None,
        )
        for number in range(number)
    ]
    if connection.vendor == "postgresql" and number > SEVERAL:
        _copy(rows)
    else:
        TokenFamily.objects.bulk_create(rows)
    return rows


def _copy(rows: list[TokenFamily]) -> None:
    fields = TokenFamily._meta.concrete_fields
    columns = ", ".join(field.column for field in fields)
    table = TokenFamily._meta.db_table
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row([getattr(row, field.attname) for field in fields])
