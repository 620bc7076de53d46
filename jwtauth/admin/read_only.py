"""Logins are looked at in the admin, and ended; nothing else."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest


class ReadOnly:
    """Mixin of what shows logins: nobody adds, changes or deletes one here.

    A login begins with credentials. And deleting its row would refuse its refresh
    token, but deny no access token: a login is ended instead.
    """

    def has_add_permission(self, request: "HttpRequest", obj: object = None) -> bool:
        """Nobody has."""
        return False

    def has_change_permission(self, request: "HttpRequest", obj: object = None) -> bool:
        """Nobody has."""
        return False

    def has_delete_permission(self, request: "HttpRequest", obj: object = None) -> bool:
        """Nobody has."""
        return False
