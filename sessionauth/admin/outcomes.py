"""What an act of an operator came to, and how the operator is told."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.utils.translation import gettext, ngettext

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.http import HttpRequest


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an act came to."""

    count: int
    """How many sessions it ended; those of before do not count."""
    is_complete: bool = True
    """False: the store did not confirm it, and some may be left."""
    is_lockout: bool = False
    """True: the users were deactivated, too."""


def tell(
    model_admin: "ModelAdmin[Any]", request: "HttpRequest", outcome: Outcome
) -> None:
    """Say on the next page what came of it."""
    level = messages.SUCCESS if outcome.is_complete else messages.ERROR
    model_admin.message_user(request, _in_words(outcome), level)


def _in_words(outcome: Outcome) -> str:
    if not outcome.is_complete and outcome.is_lockout:
        return gettext(
            "Redis did not confirm that every session has ended; nobody was activated "
            "again. Repeat this once Redis is back."
        )
    if not outcome.is_complete:
        return gettext(
            "Redis did not confirm that every session has ended. Repeat this once "
            "Redis is back."
        )
    if outcome.is_lockout:
        return gettext("Deactivated, and every session has ended.")
    if outcome.count == 0:
        return gettext("Nothing was left to end.")
    return ngettext(
        "%d session has ended.", "%d sessions have ended.", outcome.count
    ) % (outcome.count)
