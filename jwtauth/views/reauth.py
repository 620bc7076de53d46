"""``reauth/``: the user proves once more to be there (step-up)."""

import time
from collections.abc import Mapping

from django.contrib.auth import authenticate as authenticate_credentials
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from jwtauth import transport
from jwtauth.authentication import JWTAuthentication
from jwtauth.conf import Delivery, get_settings
from jwtauth.core.issued_tokens import IssuedTokens
from jwtauth.exceptions import LoginOvertaken, LoginRefused
from jwtauth.flows import login as flow
from jwtauth.stores import users
from jwtauth.transport.sender import sender_of
from jwtauth.views.endpoint import Endpoint, claims_in, delivered

OVERTAKEN = _("You were logged out everywhere at this moment. Log in again.")


class NotConfirmed(PermissionDenied):
    """403, whatever was wrong: a 401 would make clients refresh and try again."""

    def __init__(self) -> None:
        """Fill in the body, of the same shape as a refusal's."""
        detail = _("That is not the right password.")
        super().__init__({"detail": detail, "code": "not_confirmed"})


class Overtaken(PermissionDenied):
    """403: what was given was right, but the login that it was for has ended."""

    def __init__(self) -> None:
        """Fill in the body, of the same shape as a refusal's."""
        super().__init__({"detail": OVERTAKEN, "code": LoginOvertaken.code})


class ReauthView(Endpoint):
    """``POST reauth/``: what the login asks for but the name -> a younger login."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Begin a login in the place of this one; the answer is that of a login."""
        user = _prove_again(request)
        try:
            tokens = step_up(request._request, user, replaces=claims_in(request).sid)
        except LoginOvertaken as error:
            raise Overtaken from error
        except LoginRefused as error:
            raise NotConfirmed from error
        if transport.comes_by_cookie(request._request):
            rotate_token(request._request)
            return delivered(tokens, Delivery.COOKIE)
        return delivered(tokens, Delivery.BEARER)


@sensitive_variables()
def step_up(
    request: HttpRequest, user: AbstractBaseUser, *, replaces: str
) -> IssuedTokens:
    """Begin a login in the place of one whose user was proved again, and tell Django.

    Args:
        request: the one that proved the user.
        user: as ``authenticate()`` returned it.
        replaces: the ``sid`` of the older login.

    Raises:
        LoginRefused: see ``jwtauth.flows.login.step_up``.
    """
    tokens = flow.step_up(
        user,
        backend=users.backend_of(user),
        replaces=replaces,
        sender=sender_of(request),
        now=time.time(),
    )
    flow.tell_django(user, request)
    return tokens


@sensitive_variables()
def _prove_again(request: Request) -> AbstractBaseUser:
    """Return the caller, as the authentication backends have proved it.

    Raises:
        NotConfirmed: 403; nobody was proved, or somebody else.
    """
    body = dict(request.data.items()) if isinstance(request.data, Mapping) else {}
    name = {get_user_model().USERNAME_FIELD: request.user.get_username()}
    serializer = get_settings().login_serializer(data={**body, **name})
    serializer.is_valid(raise_exception=True)
    user = authenticate_credentials(request._request, **serializer.validated_data)
    if user is None or user.pk != request.user.pk:
        raise NotConfirmed
    return user
