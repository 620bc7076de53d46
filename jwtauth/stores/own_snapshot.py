"""Read what is committed now, whatever transaction the caller has open."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections


@contextmanager
def own_snapshot(using: str) -> Iterator[None]:
    """Let the statements of the block see what is committed, and only that.

    Within a caller's transaction they would see too little at REPEATABLE READ, where
    its first statement froze the view, and too much at any level: what the caller has
    written, and may still roll back. They get a connection of their own then.

    SQLite goes without: a transaction holds the one write lock from its beginning
    (check E031), so nobody else has committed anything meanwhile.
    """
    connection = connections[using]
    if connection.vendor == "sqlite" or connection.get_autocommit():
        yield
        return
    connections[using] = connections.create_connection(using)
    try:
        yield
    finally:
        connections[using].close()
        connections[using] = connection
