"""What ties a family to its user: client, scope and password of the login."""

from django.contrib.auth.base_user import AbstractBaseUser

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
