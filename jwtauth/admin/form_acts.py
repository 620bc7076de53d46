"""The buttons below the form of a login, and who may press them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.admin import AdminSite
from django.contrib.auth import get_permission_codename
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext_lazy as _

from jwtauth.admin import acts
from jwtauth.admin.outcomes import Outcome

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class FormAct:
    """A button, and what it does."""

    name: str
    """Ends the address that it posts to, and that address's name."""
    label: "StrOrPromise"
    run: Callable[..., Outcome]
    """Takes the family, and ``by``: the key of the operator."""
    changes_user: bool = False


FORM_ACTS = (
    FormAct(name="end", label=_("End this login"), run=acts.end_one),
    FormAct(
        name="end_all", label=_("End all logins of this user"), run=acts.end_all_of
    ),
    FormAct(
        name="deactivate_user",
        label=_("Deactivate the user and end all logins"),
        run=acts.deactivate_and_end_all,
        changes_user=True,
    ),
)


def may_deactivate(
    site: AdminSite, request: "HttpRequest", user: AbstractBaseUser | None
) -> bool:
    """Whether the operator could do the same on the user's own page."""
    if user is None or not _has_switch(user):
        return False
    model = type(user)
    if site.is_registered(model):
        return site.get_model_admin(model).has_change_permission(request, user)
    permission = get_permission_codename("change", model._meta)
    return request.user.has_perm(f"{model._meta.app_label}.{permission}")


def _has_switch(user: AbstractBaseUser) -> bool:
    """Whether the user model stores ``is_active``; it need not."""
    try:
        user._meta.get_field("is_active")  # type: ignore[misc] # has it?
    except FieldDoesNotExist:
        return False
    return True
