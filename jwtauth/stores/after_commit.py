"""Tell others once nothing can be undone any more, and fail where it does no harm."""

from collections.abc import Callable

from django.db import connections, transaction


def after_commit(tell: Callable[[], None], *, using: str) -> None:
    """Call ``tell`` when the transaction around this call has been committed.

    What it raises reaches the caller of a transaction that was begun here. Within a
    transaction of somebody else it is logged by Django: raised there, it would keep
    the hooks that were registered later from being called.

    Args:
        tell: what to call.
        using: the alias of the database; an ``atomic`` block is open on it.
    """
    # Only a block within another one, or within a transaction by hand, has a savepoint.
    is_anothers = bool(connections[using].savepoint_ids)
    transaction.on_commit(tell, using=using, robust=is_anothers)
