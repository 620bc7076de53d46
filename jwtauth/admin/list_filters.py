"""Filters of the list of logins."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from jwtauth.admin.states import LoginState
from jwtauth.models import RevocationReason, TokenFamily

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

    Choices = list[tuple[str, StrOrPromise]]

_REUSE = "reuse"
_LAST_USES = {
    "day": Q(rotated_at__gt=Now() - timedelta(days=1)),
    "week": Q(rotated_at__gt=Now() - timedelta(days=7)),
    "older": Q(rotated_at__lte=Now() - timedelta(days=7)),
}


class StateFilter(admin.SimpleListFilter):
    """By what has become of the login; a detected reuse is a choice of its own."""

    title = _("state")
    parameter_name = "state"

    def lookups(
        self, request: "HttpRequest", model_admin: "admin.ModelAdmin[TokenFamily]"
    ) -> "Choices":
        """Return the states, and reuse."""
        return [*LoginState.choices, (_REUSE, _("ended: reuse detected"))]

    def queryset(
        self, request: "HttpRequest", queryset: QuerySet[TokenFamily]
    ) -> QuerySet[TokenFamily]:
        """Return the logins of the chosen state; of an unknown one, none."""
        if self.value() is None:
            return queryset
        if self.value() == _REUSE:
            return queryset.filter(revoked_reason=RevocationReason.REUSE)
        return queryset.filter(state=self.value())  # type: ignore[misc] # annotated


class LastUseFilter(admin.SimpleListFilter):
    """By when the login was refreshed last; its access tokens leave no trace."""

    title = _("last use")
    parameter_name = "last_use"

    def lookups(
        self, request: "HttpRequest", model_admin: "admin.ModelAdmin[TokenFamily]"
    ) -> "Choices":
        """Return the spans of time."""
        return [
            ("day", _("Past 24 hours")),
            ("week", _("Past 7 days")),
            ("older", _("Longer ago")),
        ]

    def queryset(
        self, request: "HttpRequest", queryset: QuerySet[TokenFamily]
    ) -> QuerySet[TokenFamily]:
        """Return the logins that were used then."""
        span = _LAST_USES.get(self.value() or "")
        return queryset if span is None else queryset.filter(span)
