"""What ties a family to its user: client, scope and password of the login."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.crypto import constant_time_compare

from jwtauth.core.refresh_token import RefreshKey
from jwtauth.models import TokenFamily
from jwtauth.stores import users


def bindings(
    row: TokenFamily, user: AbstractBaseUser | None, key: RefreshKey
) -> list[bytes]:
    """Return what the binding may be: one for each key that Django signs with.

    Args:
        row: the family.
        user: its user; None has none.
        key: the refresh key that the row names, or is about to.
    """
    if user is None:
        return []
    parts = (row.pk.hex, str(row.user_id), row.client_id, row.scope)
    return [key.binding((*parts, hash_)) for hash_ in users.auth_hashes(user)]


def is_bound(row: TokenFamily, user: AbstractBaseUser | None, key: RefreshKey) -> bool:
    """Whether the binding on record is that of ``user``; compared in constant time."""
    binding = bytes(row.binding)
    return any(constant_time_compare(binding, one) for one in bindings(row, user, key))
