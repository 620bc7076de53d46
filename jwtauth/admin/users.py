"""What the project's own admin of users takes: their logins, and an end to them."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Case, QuerySet, Value, When
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from jwtauth.admin import acts
from jwtauth.admin.outcomes import carry_out
from jwtauth.admin.read_only import ReadOnly
from jwtauth.admin.revoking import RevokingAdmin
from jwtauth.admin.states import LoginState, ShowsState, with_state
from jwtauth.models import TokenFamily

if TYPE_CHECKING:
    from django.contrib.admin.options import InlineModelAdmin
    from django.http import HttpRequest

    _FormSet = BaseInlineFormSet[TokenFamily, AbstractBaseUser, Any]
    _TabularInline = admin.TabularInline[TokenFamily, AbstractBaseUser]
else:
    _FormSet = BaseInlineFormSet
    _TabularInline = admin.TabularInline

SHOWN = 20
"""So many logins stand on the page of a user; the list has them all."""


class FirstFormSet(_FormSet):
    """The first rows alone, however many there are."""

    def get_queryset(self) -> QuerySet[TokenFamily]:
        """Return them, read once."""
        if not hasattr(self, "_queryset"):
            self._queryset = super().get_queryset()[:SHOWN]
        return self._queryset


class TokenFamilyInline(ReadOnly, ShowsState, _TabularInline):
    """The logins of a user: the live ones first, then the newest."""

    model = TokenFamily
    formset = FirstFormSet
    fields = readonly_fields = (
        "device",
        "address",
        "created_at",
        "rotated_at",
        "state_in_words",
    )
    extra = max_num = 0
    can_delete = False
    show_change_link = True
    verbose_name_plural = _("logins by token (live ones first, at most 20)")

    def get_queryset(self, request: "HttpRequest") -> QuerySet[TokenFamily]:
        """Return logins with their state, without what is secret."""
        is_over = Case(When(state=LoginState.ACTIVE, then=Value(0)), default=Value(1))
        families = with_state(super().get_queryset(request))
        return families.order_by(is_over, "-created_at", "pk")


class TokenFamilyUserAdminMixin(RevokingAdmin):
    """For the project's admin of users: the inline, and an action on the list."""

    actions = ("end_all_logins",)

    def get_inlines(
        self, request: "HttpRequest", obj: AbstractBaseUser | None
    ) -> "list[type[InlineModelAdmin[Any, Any]]]":
        """Add the logins of a user who exists."""
        own = [] if obj is None else [TokenFamilyInline]
        return [*super().get_inlines(request, obj), *own]

    @admin.action(
        permissions=["revoke"],
        description=_("End all logins of selected %(verbose_name_plural)s"),
    )
    def end_all_logins(
        self, request: "HttpRequest", queryset: QuerySet[AbstractBaseUser]
    ) -> None:
        """End them, one user after the other."""
        act = partial(acts.end_all_of_users, queryset, by=str(request.user.pk))
        carry_out(self, request, act)
