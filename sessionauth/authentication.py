"""DRF's ``SessionAuthentication``, at the price of one round trip to Redis."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions, status
from rest_framework.request import Request

from sessionauth.answers import CHALLENGE, RETRY_AFTER_SECONDS
from sessionauth.exceptions import StoreDown, UserRefused
from sessionauth.flows.authenticate import Caller, authenticate
from sessionauth.transport import session_of

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

    from sessionauth.core.record import SessionRecord


class SessionAuthentication(authentication.SessionAuthentication):
    """Authenticate by the session cookie; unsafe methods need the CSRF token too."""

    www_authenticate = CHALLENGE

    def authenticate(
        self, request: Request
    ) -> "tuple[AbstractBaseUser | SessionUser, SessionRecord] | None":
        """Return the user and the session's record; None if nobody is logged in.

        Raises:
            SessionsUnavailable: 503; the store gives no answer.
            PermissionDenied: 403; the CSRF check failed.
        """
        http_request = request._request
        try:
            caller = authenticate(http_request, session_of(http_request))
        except StoreDown as error:
            raise SessionsUnavailable from error
        if caller is None:
            return None
        self.enforce_csrf(request)
        return caller.row or SessionUser(caller), caller.record

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 # DRF's signature
        """Return the challenge of a 401; without one DRF would answer 403."""
        return self.www_authenticate


class SessionsUnavailable(exceptions.APIException):
    """The store is down; nobody is logged out by that."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("Sessions are not available at the moment.")
    default_code = StoreDown.code
    wait = RETRY_AFTER_SECONDS
    """DRF makes it the ``Retry-After`` header."""


class SessionUser(SimpleLazyObject):  # type: ignore[type-arg] # generic in the stubs only
    """The logged-in user: who it is costs nothing, anything else reads the row.

    The row is checked when it is read: a user who is gone, inactive, or has another
    password gets a 401 in the middle of the view rather than the benefit of the doubt.
    """

    pk: object
    is_authenticated = True
    is_anonymous = False

    def __init__(self, caller: Caller) -> None:
        """Keep whose session it is and how to get the row."""
        super().__init__(_checked(caller.load_row))
        key = get_user_model()._meta.pk
        # Not by plain assignment: a lazy object passes that on to the row.
        self.__dict__["pk"] = self.__dict__[key.attname] = key.to_python(caller.user_id)

    def __bool__(self) -> bool:
        """Return True: ``if request.user`` is no reason to read the row."""
        return True


def _checked(load_row: Callable[[], "AbstractBaseUser"]) -> Callable[[], Any]:
    def load() -> "AbstractBaseUser":
        try:
            return load_row()
        except UserRefused:
            raise exceptions.AuthenticationFailed(code="user_refused") from None

    return load
