"""What is stored in the database: rows, their content to the byte, and disk space."""

import copy
import itertools
import secrets
import uuid
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Max

from jwtauth.models import TokenFamily

# Rows of the guard against guessing: one for a name and an address, not for a login.
LEFT_OUT = frozenset({"axes"})

NUMBER_BYTES = 8
"""Of numbers and instants, whatever the database makes of them."""

Content = Mapping[str, Mapping[str, int]]
"""By table: the bytes of each row, by its primary key."""

LOGINS_EACH = 5
FIRST_LOGINS = 500
"""Not counted: what a table takes however little is in it is spent on them."""
MORE_LOGINS = 2_000
BETWEEN_LOGINS = timedelta(seconds=1)
BATCH = 500


def database_content() -> Content:
    """Return every row of every table that belongs to a model."""
    content: dict[str, dict[str, int]] = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and model._meta.app_label not in LEFT_OUT:
            rows = model._base_manager.values()
            key = model._meta.pk.attname
            sized = {str(row[key]): sum(map(size, row.values())) for row in rows}
            content[model._meta.db_table] = sized
    return content


def new_rows(before: Content, after: Content) -> dict[str, int]:
    """Return how many rows have come, by table, where any have."""
    counts = {table: len(rows.keys() - before[table]) for table, rows in after.items()}
    return {table: count for table, count in counts.items() if count}


def bytes_of_new_rows(before: Content, after: Content) -> int:
    """Return the bytes of the rows that have come."""
    return sum(
        size
        for table, rows in after.items()
        for key, size in rows.items()
        if key not in before[table]
    )


def new_bytes(before: Content, after: Content) -> int:
    """Return by how much all rows have grown; those that have gone don't count."""
    return sum(
        size - before[table].get(key, 0)
        for table, rows in after.items()
        for key, size in rows.items()
    )


def size(value: object) -> int:
    """Return the bytes of one value.

    Raises:
        TypeError: It is of a type that no table here has.
    """
    if value is None:
        return 0
    if isinstance(value, bool):
        return 1
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, bytes | memoryview):
        return len(value)
    if isinstance(value, uuid.UUID):
        return len(value.bytes)
    if isinstance(value, int | float | date):
        return NUMBER_BYTES
    raise TypeError(f"{type(value).__name__} has no size here.")


def disk_bytes() -> int:
    """Return what the token families take on disk, dead rows cleared away first.

    SQLite has one file for all: what is in use of it.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT (page_count - freelist_count) * page_size FROM "
                "pragma_page_count, pragma_freelist_count, pragma_page_size"
            )
        else:
            name = connection.ops.quote_name(TokenFamily._meta.db_table)
            cursor.execute(f"VACUUM {name}")
            cursor.execute("SELECT pg_total_relation_size(%s)", [name])
        return int(cursor.fetchone()[0])


def disk_bytes_each() -> float:
    """Return what one login takes on disk, indexes included, among many others.

    The others are copies of the newest family, of users that don't exist; afterwards
    they are gone.
    """
    newest = TokenFamily.objects.order_by("-created_at")[0]
    last_user_id = get_user_model().objects.aggregate(last=Max("pk"))["last"]
    copies = copies_of(newest, last_user_id)
    try:
        store(copies, FIRST_LOGINS)
        before = _disk_bytes_alone(last_user_id)
        store(copies, MORE_LOGINS)
        return (_disk_bytes_alone(last_user_id) - before) / MORE_LOGINS
    finally:
        TokenFamily.objects.filter(user_id__gt=last_user_id).delete()
        disk_bytes()


def _disk_bytes_alone(last_user_id: int) -> int:
    """Return what the families of later users take, had they a table of their own.

    In the real one they may have found room that other rows have left, which would
    count as none. SQLite gives such room back.
    """
    if connection.vendor == "sqlite":
        return disk_bytes()
    families = connection.ops.quote_name(TokenFamily._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE alone (LIKE {families} INCLUDING ALL)")
        cursor.execute(
            f"INSERT INTO alone SELECT * FROM {families} WHERE user_id > %s",  # noqa: S608 # our own names
            [last_user_id],
        )
        cursor.execute("SELECT pg_total_relation_size('alone')")
        (size,) = cursor.fetchone()
        cursor.execute("DROP TABLE alone")
    return int(size)


def copies_of(family: TokenFamily, last_user_id: int) -> Iterator[TokenFamily]:
    """Yield copies without end that differ as real ones do, of users that aren't."""
    for number in itertools.count():
        other = copy.copy(family)
        other.pk, other.user_id = uuid.uuid4(), last_user_id + 1 + number // LOGINS_EACH
        other.secret_hash = secrets.token_bytes(len(family.secret_hash))
        other.nonce = secrets.token_bytes(len(family.nonce))
        other.binding = secrets.token_bytes(len(family.binding))
        other.absolute_expires_at += number * BETWEEN_LOGINS
        yield other


def store(families: Iterator[TokenFamily], count: int) -> None:
    """Store the next of ``families``, so many."""
    TokenFamily.objects.bulk_create(itertools.islice(families, count), batch_size=BATCH)
