"""JWTAuthentication for DRF: a bearer token or a cookie -> (user, claims).

A service that verifies with a public key alone needs this module and no other; it
loads no models and no Redis client unless the settings ask for them.
"""

import time
from typing import TYPE_CHECKING, Union

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from jwtauth import transport
from jwtauth.answers import challenge, log_and_answer, refuse_cross_site
from jwtauth.conf import Delivery, UserLoading, get_settings
from jwtauth.core.claims import AccessClaims
from jwtauth.core.token_user import TokenUser
from jwtauth.exceptions import JWTAuthError
from jwtauth.transport.caller import claims_of

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


class JWTAuthentication(BaseAuthentication):
    """Authenticate by an access token: the Authorization header, or the cookie.

    ``request.user`` knows ``pk`` and ``is_authenticated`` at once and reads its
    row on first other use; ``request.auth`` holds the claims. Unsafe methods need the
    CSRF token where the cookie says who is calling.
    """

    def authenticate(
        self, request: Request
    ) -> tuple[Union["AbstractBaseUser", TokenUser], AccessClaims] | None:
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


def _user_of(
    request: Request, claims: AccessClaims
) -> Union["AbstractBaseUser", TokenUser]:
    if get_settings().user is UserLoading.CLAIMS:
        return TokenUser(claims)
    from jwtauth.lazy_user import user_of  # noqa: PLC0415 # it loads models

    user: AbstractBaseUser = user_of(request, claims)
    return user
