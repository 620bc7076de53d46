"""JWTAuthentication for DRF: a bearer token or a cookie -> (user, claims)."""

import logging
import time
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    PermissionDenied,
)
from rest_framework.request import Request

from jwtauth import transport
from jwtauth.conf import Delivery, UserLoading, get_settings
from jwtauth.core.claims import AccessClaims
from jwtauth.exceptions import (
    CredentialsAmbiguous,
    JWTAuthError,
    LoginRefused,
    ScopeRefused,
    SessionLimitReached,
    StoreDown,
    TokenRefused,
)
from jwtauth.stores import users
from jwtauth.transport.caller import claims_of
from jwtauth.transport.csrf import csrf_fault
from jwtauth.transport.header import has_bearer
from jwtauth.transport.own_login import OwnLogin, introduce, own_login

logger = logging.getLogger("jwtauth.refusals")

CHALLENGE = 'Bearer realm="api"'
REFUSAL = f'{CHALLENGE}, error="invalid_token"'


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
        detail = _("You are logged in on as many devices as allowed.")
        super().__init__({"detail": detail, "code": SessionLimitReached.code})


class TemporarilyUnavailable(APIException):
    """503 with Retry-After: the answer can't be known now."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    wait = 1
    """Seconds; DRF's exception handler makes the Retry-After header of it."""

    def __init__(self) -> None:
        """Fill in the body, of the same shape as a refusal's."""
        detail = _("Temporarily unavailable, please try again.")
        super().__init__({"detail": detail, "code": StoreDown.code})


def log_and_answer(error: JWTAuthError) -> APIException:
    """Log the precise cause, and return the answer that does not tell it.

    Raises:
        JWTAuthError: ``error`` itself, if it is a fault and no refusal.
    """
    # A refusal is everyday; a store that is down is for whoever is on call.
    level = logging.WARNING if isinstance(error, StoreDown) else logging.INFO
    logger.log(level, "%s %s", error.code, error, extra={"code": error.code})
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


def challenge(request: Request) -> str:
    """Return the WWW-Authenticate header of a 401 (RFC 6750 §3).

    ``error`` is left out where no credentials came: nothing was wrong with them.
    """
    came = has_bearer(request) or transport.comes_by_cookie(request)
    return REFUSAL if came else CHALLENGE


class JWTAuthentication(BaseAuthentication):
    """Authenticate by an access token: the Authorization header, or the cookie.

    ``request.user`` knows ``pk`` and ``is_authenticated`` at once and reads its
    row on first other use; ``request.auth`` holds the claims. Unsafe methods need the
    CSRF token where the cookie says who is calling.
    """

    def authenticate(
        self, request: Request
    ) -> tuple[AbstractBaseUser, AccessClaims] | None:
        """Return user and claims; None when no access token came.

        Raises:
            TokenNotValid: a token came and does not count.
            TemporarilyUnavailable: whether it counts can't be known now.
            PermissionDenied: 403; the cookie counts, but the CSRF check failed.
        """
        try:
            presented = transport.presented_access_token(request._request)
            if presented is None:
                return None
            claims = claims_of(request._request, presented, now=time.time())
            if presented.delivery is Delivery.COOKIE:
                refuse_cross_site(request._request)
            return _user_of(request, claims), claims
        except JWTAuthError as error:
            raise log_and_answer(error) from error

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge that makes a refusal a 401, not a 403."""
        return challenge(request)


def refuse_cross_site(request: HttpRequest) -> None:
    """Make sure that no other site's page sent the request.

    Raises:
        PermissionDenied: 403.
    """
    fault = csrf_fault(request)
    if fault is not None:
        raise PermissionDenied(f"CSRF Failed: {fault}")


class LazyUser(SimpleLazyObject):  # type: ignore[type-arg] # generic in the stubs alone
    """The user of a verified token; the row is read and checked on first use.

    ``pk`` and ``is_authenticated`` are known from the claims and cost nothing.
    """

    is_authenticated = True
    is_anonymous = False

    def __init__(self, subject: str, login: OwnLogin | None = None) -> None:
        """Remember the key that ``sub`` spells.

        Args:
            subject: the claim.
            login: the one that the request acts under, where a cookie says so.

        Raises:
            UserInactive: it spells no key of the user model.
        """
        super().__init__(lambda: introduce(_load(subject), login))
        pk = users.parse_pk(subject)
        self.__dict__.update({"pk": pk, users.pk_attribute(): pk})

    def __bool__(self) -> bool:
        """Count as a user without being read, as DRF's permissions ask for."""
        return True


def _user_of(request: Request, claims: AccessClaims) -> Any:  # noqa: ANN401 # a user, or what acts as one
    login = own_login(request._request)
    if get_settings().user is UserLoading.DATABASE or _renders_page(request):
        return introduce(users.load_active_user(claims.subject), login)
    return LazyUser(claims.subject, login)


def _renders_page(request: Request) -> bool:
    """Whether a page shows the user: while it is rendered no refusal is an answer."""
    renderer = getattr(request, "accepted_renderer", None)
    return getattr(renderer, "media_type", None) == "text/html"


def _load(subject: str) -> AbstractBaseUser:
    """Read the row in the middle of a view, where only DRF's errors are answers."""
    try:
        return users.load_active_user(subject)
    except TokenRefused as error:
        raise log_and_answer(error) from error
