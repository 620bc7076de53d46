"""What a client is answered: one body for each kind of refusal, no cause in it.

The precise cause goes to the log.
"""

import logging

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    PermissionDenied,
)

from jwtauth import transport
from jwtauth.exceptions import (
    CredentialsAmbiguous,
    JWTAuthError,
    LoginRefused,
    ScopeRefused,
    SessionLimitReached,
    StoreDown,
    TokenRefused,
)
from jwtauth.signals import printable
from jwtauth.transport.csrf import csrf_fault
from jwtauth.transport.header import has_bearer

logger = logging.getLogger("jwtauth.refusals")

CHALLENGE = 'Bearer realm="api"'
REFUSAL = f'{CHALLENGE}, error="invalid_token"'
TOO_MANY_LOGINS = _("You are logged in on as many devices as allowed.")


class TokenNotValid(AuthenticationFailed):
    """401, the same whatever was wrong with the token (RFC 6750 §3.1)."""

    def __init__(self) -> None:
        """Fill in the one body that every refusal has."""
        super().__init__(
            {"detail": _("Token is invalid or expired"), "code": "token_not_valid"}
        )


class InvalidRequest(APIException):
    """400: the request contradicts itself (RFC 6750 §3.1)."""

    status_code = status.HTTP_400_BAD_REQUEST

    def __init__(self) -> None:
        """Fill in the body, of the same shape as a refusal's."""
        detail = _("Two different tokens came; send one.")
        super().__init__({"detail": detail, "code": CredentialsAmbiguous.code})


class InvalidScope(APIException):
    """400: more was asked for than was granted (RFC 6749 §5.2)."""

    status_code = status.HTTP_400_BAD_REQUEST

    def __init__(self) -> None:
        """Fill in the body, of the same shape as a refusal's."""
        detail = _("The scope is unknown, malformed, or more than was granted.")
        super().__init__({"detail": detail, "code": ScopeRefused.code})


class NoActiveAccount(AuthenticationFailed):
    """401, the same whether name, password or account is at fault."""

    default_detail = _("No active account found with the given credentials")
    default_code = "no_active_account"


class TooManyLogins(PermissionDenied):
    """403: the credentials were right, and one more login is not allowed."""

    def __init__(self) -> None:
        """Fill in the body, of the same shape as a refusal's."""
        super().__init__({"detail": TOO_MANY_LOGINS, "code": SessionLimitReached.code})
        # What to add to the same body for another outcome; DRF would make text of it.
        self.detail = {**self.detail, "retry_with": {"end_oldest": True}}  # type: ignore[dict-item] # see above


class TemporarilyUnavailable(APIException):
    """503 with Retry-After: the answer can't be known now."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    wait = 1
    """Seconds; DRF's exception handler makes the Retry-After header of it."""

    def __init__(self) -> None:
        """Fill in the body, of the same shape as a refusal's."""
        detail = _("Temporarily unavailable, please try again.")
        super().__init__({"detail": detail, "code": StoreDown.code})


def log_cause(error: JWTAuthError) -> None:
    """Log what the answer does not tell."""
    # A refusal is everyday; a store that is down is for whoever is on call.
    is_down = isinstance(error, StoreDown)
    level = logging.WARNING if is_down else logging.INFO
    extra = {"event": "store_down" if is_down else "refusal", "code": error.code}
    # Some quote the token: its header is the sender's invention.
    logger.log(level, "%s %s", error.code, printable(error), extra=extra)


def log_and_answer(error: JWTAuthError) -> APIException:
    """Log the precise cause, and return the answer that does not tell it.

    Raises:
        JWTAuthError: ``error`` itself, if it is a fault and no refusal.
    """
    log_cause(error)
    match error:
        case StoreDown():
            return TemporarilyUnavailable()
        case CredentialsAmbiguous():
            return InvalidRequest()
        case ScopeRefused():
            return InvalidScope()
        case SessionLimitReached():
            return TooManyLogins()
        case LoginRefused():
            return NoActiveAccount()
        case TokenRefused():
            return TokenNotValid()
        case _:
            raise error


def challenge(request: HttpRequest) -> str:
    """Return the WWW-Authenticate header of a 401 (RFC 6750 §3).

    ``error`` is left out where no credentials came: nothing was wrong with them.
    """
    came = has_bearer(request) or transport.comes_by_cookie(request)
    return REFUSAL if came else CHALLENGE


def refuse_cross_site(request: HttpRequest) -> None:
    """Make sure that no other site's page sent the request.

    Raises:
        PermissionDenied: 403.
    """
    fault = csrf_fault(request)
    if fault is not None:
        raise PermissionDenied(f"CSRF Failed: {fault}")
