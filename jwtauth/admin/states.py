"""What has become of a login, judged by the database's clock, and said in words."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from jwtauth.models import RevocationReason, TokenFamily

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SECRET_COLUMNS = tuple(
    field.name
    for field in TokenFamily._meta.fields
    if isinstance(field, models.BinaryField)
)
"""Digests, nonce, key hint: no page needs them, so none loads them."""


class LoginState(models.TextChoices):
    """What a login can be."""

    ACTIVE = "active", _("active")
    EXPIRED = "expired", _("expired")
    REVOKED = "revoked", _("ended")


# Nothing is idle for longer than it lives: this expiry is the earlier of the two.
_STATE = Case(
    When(revoked_at__isnull=False, then=Value(LoginState.REVOKED)),
    When(idle_expires_at__lte=Now(), then=Value(LoginState.EXPIRED)),
    default=Value(LoginState.ACTIVE),
    output_field=models.CharField(),
)


def with_state(families: QuerySet[TokenFamily]) -> QuerySet[TokenFamily, Any]:
    """Add ``state``, and leave out what is secret."""
    return families.annotate(state=_STATE).defer(*SECRET_COLUMNS)


class ShowsState:
    """Mixin of what shows logins that were read by ``with_state``."""

    @admin.display(description=_("state"))
    def state_in_words(self, family: TokenFamily) -> "StrOrPromise":
        """Say what has become of the login."""
        state = LoginState(family.state)  # type: ignore[attr-defined] # annotated
        if state is not LoginState.REVOKED:
            return state.label
        reason = family.get_revoked_reason_display()
        if family.revoked_reason == RevocationReason.REVOKED:
            return reason
        return f"{state.label}: {reason}"
