"""What one row of the admin is about: an object of the model that has no table."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext

from sessionauth.admin.owners import rows_of
from sessionauth.flows.active_sessions import ListedSession
from sessionauth.models import ActiveSession


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An active session and its user; None if the user's row is gone."""

    session: ListedSession
    user: AbstractBaseUser | None

    @property
    def owner(self) -> str:
        """Name the user; of one who is gone the session knows the key alone."""
        if self.user is None:
            return gettext("gone (%s)") % self.session.user_id
        return str(self.user)

    def __str__(self) -> str:
        """Say whose session it is, and from where."""
        parts = (self.owner, self.session.device, self.session.address)
        return ", ".join(part for part in parts if part)


def with_users(sessions: Iterable[ListedSession]) -> list[Shown]:
    """Return sessions with their users, whom one query reads."""
    found = list(sessions)
    users = rows_of({session.user_id for session in found})
    return [Shown(session=s, user=users.get(s.user_id)) for s in found]


def as_object(shown: Shown) -> ActiveSession:
    """Return an object for Django's admin, from which ``shown_by`` takes it again."""
    obj = ActiveSession(session_digest=shown.session.handle)
    obj.__dict__["shown"] = shown
    return obj


def shown_by(obj: ActiveSession) -> Shown:
    """Return what ``as_object`` was given."""
    shown: Shown = obj.__dict__["shown"]
    return shown
