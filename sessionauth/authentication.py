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
from sessionauth.request_body import UNREADABLE
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
            ParseError: 400; the form in which the CSRF token may be can't be read.
        """
        http_request = request._request
        try:
            caller = authenticate(http_request, session_of(http_request))
            if caller is None:
                return None
            self.enforce_csrf(request)
            return _user_of(request, caller), caller.record
        except StoreDown as error:
            raise SessionsUnavailable from error
        except UserRefused:
            return None

    def enforce_csrf(self, request: Request) -> None:
        """Make sure that no other site's page sent the request.

        Raises:
            PermissionDenied: 403.
            ParseError: 400; the check reads the form, and this one can't be read.
        """
        try:
            super().enforce_csrf(request)
        except UNREADABLE as error:
            raise exceptions.ParseError from error

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


def _user_of(request: Request, caller: Caller) -> "AbstractBaseUser | SessionUser":
    """Return the user; the row at once where a page shows it.

    While a page is rendered, as by the browsable API, no refusal is an answer any more.

    Raises:
        UserRefused: the row was read, and the session is not theirs to use.
    """
    if caller.row is not None:
        return caller.row
    renderer = getattr(request, "accepted_renderer", None)
    if getattr(renderer, "media_type", None) == "text/html":
        return caller.load_row()
    return SessionUser(caller)


def _checked(load_row: Callable[[], "AbstractBaseUser"]) -> Callable[[], Any]:
    def load() -> "AbstractBaseUser":
        try:
            return load_row()
        except UserRefused:
            raise exceptions.AuthenticationFailed(code="user_refused") from None

    return load
