"""What an act of an operator came to, and how the operator is told."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.utils.translation import gettext, ngettext

from jwtauth.exceptions import FamiliesBusy

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django.http import HttpRequest


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an act came to."""

    count: int
    """How many logins it ended; those of before do not count."""
    is_complete: bool
    """False: they have ended, but Redis could not be told."""
    is_lockout: bool = False
    """True: the user was deactivated, too."""


def carry_out(
    model_admin: "ModelAdmin[Any]", request: "HttpRequest", act: Callable[[], Outcome]
) -> None:
    """Do what the operator asked for, and say on the next page what came of it.

    Args:
        model_admin: whose page it is.
        request: the operator's.
        act: ends logins.
    """
    try:
        outcome = act()
    except FamiliesBusy:
        busy = gettext("The database is busy, and not everything ended. Try again.")
        model_admin.message_user(request, busy, messages.ERROR)
        return
    level = messages.SUCCESS if outcome.is_complete else messages.WARNING
    model_admin.message_user(request, _in_words(outcome), level)


def _in_words(outcome: Outcome) -> str:
    if not outcome.is_complete:
        return gettext(
            "The logins have ended, but Redis could not be told: access tokens that "
            "were issued before may work until they expire. Repeat this once Redis "
            "is back."
        )
    if outcome.is_lockout:
        return gettext("The user is deactivated, and every login has ended.")
    if outcome.count == 0:
        return gettext("Nothing was left to end.")
    return ngettext("%d login has ended.", "%d logins have ended.", outcome.count) % (
        outcome.count
    )
