"""Who may do what in the admin of sessions."""

from typing import TYPE_CHECKING

from django.contrib.admin import AdminSite
from django.contrib.auth import get_permission_codename, get_user_model
from django.core.exceptions import FieldDoesNotExist

from sessionauth.admin.acts import Act

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest

    from sessionauth.admin.shown import Shown


class ReadOnly:
    """Mixin: nobody adds, changes or deletes a session here, superusers neither.

    A session begins with credentials, and it is ended, which goes on record.
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


def may_do(
    site: AdminSite, request: "HttpRequest", act: Act, selected: "Iterable[Shown]"
) -> bool:
    """Whether the operator may do this; to look and to end are two permissions."""
    if not may_end(request):
        return False
    if not act.changes_user:
        return True
    return all(
        shown.user is not None and may_deactivate(site, request, shown.user)
        for shown in selected
    )


def may_end(request: "HttpRequest") -> bool:
    """Whether the operator may look at sessions, and end them."""
    names = ("sessionauth.view_activesession", "sessionauth.revoke_activesession")
    return request.user.has_perms(names)


def may_deactivate(
    site: AdminSite, request: "HttpRequest", user: "AbstractBaseUser | None" = None
) -> bool:
    """Whether the operator could do the same on the user's own page."""
    model = get_user_model()
    try:
        model._meta.get_field("is_active")
    except FieldDoesNotExist:
        return False  # A user model need not store it.
    if site.is_registered(model):
        users = site.get_model_admin(model)
        return users.has_change_permission(request, user)  # type: ignore[arg-type] # whatever the user model is
    permission = get_permission_codename("change", model._meta)
    return request.user.has_perm(f"{model._meta.app_label}.{permission}")
