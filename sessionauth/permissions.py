"""Permissions for DRF views, judged by the session."""

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from sessionauth.answers import too_old_challenge, too_old_content
from sessionauth.core.record import SessionRecord
from sessionauth.exceptions import LoginTooOld
from sessionauth.flows.step_up import refuse_old_login
from sessionauth.transport import session_of

if TYPE_CHECKING:
    # It imports what DEFAULT_PERMISSION_CLASSES names, and this module may be there.
    from rest_framework.views import APIView


class InsufficientAuthentication(APIException):
    """401: it takes a login that is younger (RFC 9470 §3)."""

    status_code = status.HTTP_401_UNAUTHORIZED

    def __init__(self, max_age: timedelta) -> None:
        """Fill in body and challenge.

        Args:
            max_age: how old the login may be.
        """
        super().__init__()
        # Past DRF, which makes a text of every value.
        self.detail = too_old_content(max_age)  # type: ignore[assignment] # with a number in it
        # DRF's exception handler makes the WWW-Authenticate header of it.
        self.auth_header = too_old_challenge(max_age)


class AuthenticatedRecently(BasePermission):
    """Let in whose login is not older than the view allows.

    A session stays open while it is used, by whoever sits there. The view says how old
    the login may be with ``max_authentication_age``, a timedelta; ``STEP_UP_MAX_AGE``
    is the default. Using the session makes no login younger, ``reauth/`` does.

    Behind ``|`` it stands last: it refuses with an answer of its own.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Judge the login; False for who came without a session.

        Raises:
            InsufficientAuthentication: 401; the login is too old.
        """
        if not isinstance(request.auth, SessionRecord):
            return False
        require_recent_login(request, getattr(view, "max_authentication_age", None))
        return True


def require_recent_login(request: Request, max_age: timedelta | None = None) -> None:
    """Make sure that the caller has logged in recently.

    Args:
        request: one that ``SessionAuthentication`` has authenticated.
        max_age: how old the login may be; None for ``STEP_UP_MAX_AGE``.

    Raises:
        InsufficientAuthentication: 401; it is older.
    """
    user_id = cast("SessionRecord", request.auth).user_id
    try:
        refuse_old_login(session_of(request._request), user_id, max_age)
    except LoginTooOld as error:
        raise InsufficientAuthentication(error.max_age) from error
