"""What every admin that ends logins shares: its permission, and no transaction."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import connections, transaction
from django.urls import URLPattern

if TYPE_CHECKING:
    from django.http import HttpRequest

    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class RevokingAdmin(_ModelAdmin):
    """An admin whose actions end logins; to look and to end are two permissions."""

    def has_revoke_permission(self, request: "HttpRequest") -> bool:
        """Whether the operator may end logins."""
        return request.user.has_perm("jwtauth.revoke_tokenfamily")

    def get_urls(self) -> list[URLPattern]:
        """Let the actions of the list run outside of transactions."""
        patterns = super().get_urls()
        lists = [p for p in patterns if str(p.name).endswith("_changelist")]
        outside_transactions(lists)
        return patterns


def outside_transactions(patterns: list[URLPattern]) -> list[URLPattern]:
    """Exempt views from ``ATOMIC_REQUESTS``, and return their patterns.

    A login has ended when the page says so: no later failure of the request may
    bring it back, and Redis is told within the view, not behind its back.
    """
    for pattern in patterns:
        for alias in connections:
            transaction.non_atomic_requests(using=alias)(pattern.callback)
    return patterns
