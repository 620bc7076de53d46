"""``logout/``: end this login, or every login of the user."""

import time

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_out
from django.utils.functional import SimpleLazyObject
from django.views.decorators.debug import sensitive_variables
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from jwtauth import transport
from jwtauth.answers import refuse_cross_site
from jwtauth.authentication import JWTAuthentication
from jwtauth.conf import Delivery
from jwtauth.exceptions import TokenMalformed
from jwtauth.flows.revoke import revoke_all, revoke_by_cookies, revoke_by_tokens
from jwtauth.models import RevocationReason
from jwtauth.serializers import LogoutSerializer
from jwtauth.stores import families
from jwtauth.transport.cookies import forget
from jwtauth.transport.header import bearer_token
from jwtauth.views.endpoint import Endpoint


class LogoutView(Endpoint):
    """``POST logout/``: end the login of a refresh or access token."""

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """End it, also when the token is stale or expired; safe to repeat."""
        tokens = _presented_tokens(request)
        if tokens:
            sids = revoke_by_tokens(
                tokens, reason=RevocationReason.LOGOUT, now=time.time()
            )
            _tell_django(request, *map(_UserOf, sids))
            return Response(status=status.HTTP_204_NO_CONTENT)
        if transport.comes_by_cookie(request._request):
            return _end_by_cookies(request)
        # A browser without cookies is logged out already; any other client is at fault.
        if transport.accepts(Delivery.BEARER):
            raise TokenMalformed("no token came")
        return Response(status=status.HTTP_204_NO_CONTENT)


class TokenBlacklistView(LogoutView):
    """``POST token/blacklist/``: the name that clients of other packages know."""

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Answer 200 with an empty object, as they expect."""
        response = super().post(request)
        response.status_code, response.data = status.HTTP_200_OK, {}
        return response


class LogoutAllView(Endpoint):
    """``POST logout/all/``: end every login of the user."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """End them all, this one too."""
        revoke_all(request.user.pk, reason=RevocationReason.LOGOUT_ALL, now=time.time())
        _tell_django(request, request.user)
        response = Response(status=status.HTTP_204_NO_CONTENT)
        if transport.comes_by_cookie(request._request):
            forget(response)
        return response


@sensitive_variables()
def _presented_tokens(request: Request) -> list[str]:
    """Return the tokens of body and header, where those count."""
    serializer = LogoutSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    if not transport.accepts(Delivery.BEARER):
        return []
    tokens = [serializer.validated_data.get("refresh"), bearer_token(request._request)]
    return [token for token in tokens if token is not None]


@sensitive_variables()
def _end_by_cookies(request: Request) -> Response:
    """End what the cookies are of, genuine or not, and let the browser forget them."""
    refuse_cross_site(request._request)
    cookies = transport.presented_cookies(request._request)
    sids = revoke_by_cookies(cookies, reason=RevocationReason.LOGOUT, now=time.time())
    _tell_django(request, *map(_UserOf, sids))
    response = Response(status=status.HTTP_204_NO_CONTENT)
    forget(response)
    return response


class _UserOf(SimpleLazyObject):  # type: ignore[type-arg] # generic in the stubs alone
    """The user of a login; read only if somebody listens who wants to know."""

    def __init__(self, sid: bytes) -> None:
        super().__init__(lambda: _user_of(sid))


def _user_of(sid: bytes) -> AbstractBaseUser | None:
    found = families.find(sid)
    return None if found is None else found.user


def _tell_django(request: Request, *users: object) -> None:
    """Send Django's ``user_logged_out``; what a receiver does changes no answer."""
    for user in users:
        user_logged_out.send_robust(
            get_user_model(), request=request._request, user=user
        )
