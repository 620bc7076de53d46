"""The filter of the list of sessions."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from sessionauth.models import ActiveSession
from sessionauth.stores.logins import EVERYBODY, Span

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_SPANS = {
    "hour": Span(oldest_ms=_HOUR_MS),
    "day": Span(oldest_ms=_DAY_MS),
    "older": Span(youngest_ms=_DAY_MS),
}


class LastLoginFilter(admin.SimpleListFilter):
    """By when the user logged in last: what the list is sorted by costs no scan."""

    title = _("last login of the user")
    parameter_name = "last_login"

    def lookups(
        self, request: "HttpRequest", model_admin: "admin.ModelAdmin[ActiveSession]"
    ) -> "list[tuple[str, StrOrPromise]]":
        """Return the spans of time."""
        return [
            ("hour", _("Past hour")),
            ("day", _("Past 24 hours")),
            ("older", _("Longer ago")),
        ]

    def queryset(
        self, request: "HttpRequest", queryset: QuerySet[ActiveSession]
    ) -> QuerySet[ActiveSession]:
        """There is no table to filter: the list asks for ``span``."""
        return queryset

    @property
    def span(self) -> Span:
        """Which logins were asked for; all of them for an unknown choice."""
        return _SPANS.get(self.value() or "", EVERYBODY)
