"""What an operator can do to sessions; each act runs a flow and goes on record."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from sessionauth.admin.outcomes import Outcome
from sessionauth.admin.shown import Shown
from sessionauth.exceptions import StoreDown, WriteUnconfirmed
from sessionauth.flows.revoke import revoke, revoke_all_of
from sessionauth.models import ActiveSession

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

REASON = "admin"


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something that is done to sessions, or to the users whose sessions they are."""

    name: str
    label: "StrOrPromise"
    question: "StrOrPromise"
    run: Callable[[Sequence[Shown], str], Outcome]
    """Takes the sessions, and the key of the operator."""
    is_about_users: bool = True
    changes_user: bool = False


def end_sessions(selected: Sequence[Shown], by: str) -> Outcome:
    """End these sessions and no other."""
    count, is_complete = 0, True
    try:
        for shown in selected:
            try:
                has_ended = revoke(shown.session.handle, REASON)
            except WriteUnconfirmed:
                # It has ended, and goes on record; a replica may not know it yet.
                has_ended, is_complete = True, False
            if has_ended:
                count += 1
                _record([_session(shown)], "Ended the session.", by)
    except StoreDown:
        is_complete = False
    return Outcome(count=count, is_complete=is_complete)


def end_all(selected: Sequence[Shown], by: str) -> Outcome:
    """End every session of each user who has one of these, also of one who is gone."""
    return _end_all(selected, by, is_lockout=False)


def deactivate_and_end_all(selected: Sequence[Shown], by: str) -> Outcome:
    """Lock the users out: no session of theirs begins or goes on any more.

    All are deactivated first: a login that races with this finds the user inactive at
    the first check, or is ended with the others.
    """
    for shown in _one_of_each_user(selected):
        if shown.user is not None:
            shown.user.is_active = False
            # Not by update(): others listen to the signals of a user who changes.
            shown.user.save(update_fields=["is_active"])  # type: ignore[misc] # it has it
            _record([shown.user], "Deactivated the user.", by)
    return _end_all(selected, by, is_lockout=True)


def _end_all(selected: Sequence[Shown], by: str, *, is_lockout: bool) -> Outcome:
    count, is_complete = 0, True
    try:
        for shown in _one_of_each_user(selected):
            try:
                count += revoke_all_of(shown.session.user_id, REASON)
            except WriteUnconfirmed:
                is_complete = False
            _record([shown.user or _session(shown)], "Ended all sessions.", by)
    except StoreDown:
        is_complete = False
    return Outcome(count=count, is_complete=is_complete, is_lockout=is_lockout)


def _one_of_each_user(selected: Iterable[Shown]) -> Iterable[Shown]:
    return {shown.session.user_id: shown for shown in selected}.values()


def _session(shown: Shown) -> Model:
    return ActiveSession(session_digest=shown.session.handle)


def _record(objects: Iterable[Model], what: str, by: str) -> None:
    """Write what was done into the admin's own history of each object."""
    LogEntry.objects.log_actions(by, objects, CHANGE, what)


ACTS = {
    act.name: act
    for act in (
        Act(
            name="end",
            label=_("End this session"),
            question=_("Are you sure you want to end these sessions?"),
            run=end_sessions,
            is_about_users=False,
        ),
        Act(
            name="end_all",
            label=_("End all sessions of this user"),
            question=_("Are you sure you want to end all sessions of these users?"),
            run=end_all,
        ),
        Act(
            name="deactivate_user",
            label=_("Deactivate the user and end all sessions"),
            question=_(
                "Are you sure you want to deactivate these users and end all of their "
                "sessions?"
            ),
            run=deactivate_and_end_all,
            changes_user=True,
        ),
    )
}
