"""Users to whom the logins belong: copies of one, with his password."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Max

from demo_project.compare.fill.rows import RowCopier

PREFIX = "filled-"


@dataclass(frozen=True, kw_only=True)
class FilledUser:
    """A user who was filled in."""

    pk: int
    username: str


def add_users(number: int, like: User) -> Sequence[FilledUser]:
    """Add so many users and return them.

    Args:
        number: how many.
        like: whose columns they have, the password included, but for name and id.
    """
    first = (User.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    users = [
        FilledUser(pk=pk, username=f"{PREFIX}{pk}")
        for pk in range(first, first + number)
    ]
    copier = RowCopier(like)
    copier.store(
        copier.prepared({"id": user.pk, "username": user.username}) for user in users
    )
    copier.reset_sequence()
    return users
