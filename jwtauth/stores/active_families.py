"""The logins of a user that count now: neither ended nor expired."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.db.models.functions import Now

from jwtauth.core.refresh_token import RefreshKeys
from jwtauth.exceptions import KeyUnknown
from jwtauth.models import TokenFamily
from jwtauth.stores import families
from jwtauth.stores.bindings import bindings, is_bound
from jwtauth.stores.conflicts import RowChanged


def active(
    user_id: Any,  # noqa: ANN401 # the type of the user model's key
) -> QuerySet[TokenFamily]:
    """Return the active families of a user, the oldest login first.

    The idle expiry never lies behind the absolute one.
    """
    rows = families.all_rows().filter(
        user_id=user_id,
        revoked_at__isnull=True,
        idle_expires_at__gt=Now(),
    )
    return rows.order_by("created_at", "pk")


def listed(
    user_id: Any,  # noqa: ANN401 # the type of the user model's key
) -> QuerySet[TokenFamily]:
    """Return the same for showing, the one that was used last first.

    What is derived from tokens is not even read.
    """
    shown = ("user_id", "device", "address", "created_at")
    rows = active(user_id).only(*shown, "rotated_at", "idle_expires_at")
    return rows.order_by("-rotated_at", "pk")


def surplus(
    user_id: Any,  # noqa: ANN401 # the type of the user model's key
    limit: int,
) -> list[bytes]:
    """Return the ids of the oldest logins that leave no room for one more.

    Call it under the user's lock.
    """
    pks = list(active(user_id).values_list("pk", flat=True))
    return [pk.bytes for pk in pks[: max(0, len(pks) + 1 - limit)]]


def rebind(
    before: AbstractBaseUser, after: AbstractBaseUser, keys: RefreshKeys, *, now: float
) -> None:
    """Tie the active families to another hash of the same password.

    What was not bound to ``before`` stays unbound.

    Args:
        before: the user with the old hash.
        after: the user with the new one; its row is locked.
        keys: the refresh keys.
        now: Unix seconds.

    Raises:
        RowChanged: a family was refreshed meanwhile.
    """
    for row in active(after.pk):
        try:
            key = keys.find(bytes(row.key_hint), now)
        except KeyUnknown:
            continue
        if is_bound(row, before, key):
            _set_binding(row, bindings(row, after, key)[0])


def _set_binding(row: TokenFamily, binding: bytes) -> None:
    on_record = families.all_rows().filter(
        pk=row.pk, binding=row.binding, revoked_at__isnull=True
    )
    if on_record.update(binding=binding) == 0:
        raise RowChanged
