"""The login that a request by cookie acts under; its user object knows of it.

Where that very object is saved with a change that ends the logins of the user, such as
another password, this browser gets new tokens with the answer. Another object of the
same user is somebody else's change: an administrator's, a reset link's.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    # Both load models, and a service that only verifies has none.
    from django.contrib.auth.base_user import AbstractBaseUser

    from jwtauth.models import RevocationReason

_ATTRIBUTE = "_jwtauth_own_login"


@dataclass(frozen=True, kw_only=True)
class OwnChange:
    """The change that ended the login."""

    user: "AbstractBaseUser"
    """As it was saved."""
    reason: "RevocationReason"


@dataclass(kw_only=True)
class OwnLogin:
    """One for each request."""

    sid: str
    ended_by: OwnChange | None = None


def note_own_login(request: HttpRequest, sid: str) -> None:
    """Remember under which login the request acts."""
    known = own_login(request)
    if known is None or known.sid != sid:
        setattr(request, _ATTRIBUTE, OwnLogin(sid=sid))


def own_login(bearer: object) -> OwnLogin | None:
    """Return the login that a request, or the user object of one, acts under."""
    found: OwnLogin | None = getattr(bearer, _ATTRIBUTE, None)
    return found


def introduce(user: "AbstractBaseUser", login: OwnLogin | None) -> "AbstractBaseUser":
    """Let a request's user object know under which login it acts; return it."""
    setattr(user, _ATTRIBUTE, login)
    return user
