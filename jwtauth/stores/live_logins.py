"""Whose logins are live: everybody who has one, a batch of users at a time."""

from collections.abc import Iterator
from typing import Any

from jwtauth.stores import families


def users_in_batches(size: int) -> Iterator[list[Any]]:
    """Walk over the users who have a live login; each comes once.

    The table of logins is asked, not that of users: a login whose user is gone
    counts. One statement per batch, and no cursor stays open between two.

    Args:
        size: how many users a batch has at the most.

    Yields:
        Primary keys, in their order. The last batch is ``[None]`` if there are
        logins of nobody.
    """
    live, last = families.live(families.all_rows()), None
    while True:
        rest = live if last is None else live.filter(user_id__gt=last)
        users = rest.filter(user_id__isnull=False).order_by("user_id")
        batch = list(users.values_list("user_id", flat=True).distinct()[:size])
        if not batch:
            break
        yield batch
        last = batch[-1]
    if live.filter(user_id__isnull=True).exists():
        yield [None]
