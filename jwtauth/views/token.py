"""``token/``: obtain a pair, refresh it, verify an access token."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib.auth import authenticate as authenticate_credentials
from django.contrib.auth.base_user import AbstractBaseUser
from django.views.decorators.debug import sensitive_variables
from rest_framework.exceptions import ValidationError
from rest_framework.fields import Field
from rest_framework.request import Request
from rest_framework.response import Response

from jwtauth import transport
from jwtauth.answers import NoActiveAccount, refuse_cross_site
from jwtauth.conf import Delivery, UserLoading, get_settings
from jwtauth.exceptions import TokenMalformed
from jwtauth.flows.authenticate import authenticate, refuse_two_logins
from jwtauth.flows.refresh import refresh
from jwtauth.serializers import (
    ScopeSerializer,
    TokenRefreshSerializer,
    TokenVerifySerializer,
    WishesSerializer,
)
from jwtauth.stores import users
from jwtauth.transport.cookies import access_cookie
from jwtauth.transport.header import has_bearer
from jwtauth.transport.sender import sender_of
from jwtauth.views.begin_login import begin_login
from jwtauth.views.endpoint import Endpoint, delivered


class TokenObtainPairView(Endpoint):
    """``POST token/``: name and password -> an access and a refresh token."""

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Prove the user and begin a login."""
        delivery, may_end_oldest = _wishes(request)
        if delivery is Delivery.COOKIE:
            # Another site must not log somebody in as somebody else (login CSRF).
            refuse_cross_site(request._request)
        scope = _asked_scope(request)
        serializer = get_settings().login_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        prove = partial(_prove, request, serializer.validated_data)
        tokens = begin_login(
            request._request,
            prove(),
            delivery,
            prove_again=prove,
            scope=scope,
            may_end_oldest=may_end_oldest,
        )
        return delivered(tokens, delivery)


class TokenRefreshView(Endpoint):
    """``POST token/refresh/``: a refresh token -> its successor, the way it came."""

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Rotate; every refusal gives the same bytes and leaves the cookies alone."""
        serializer = TokenRefreshSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        presented = _presented(request, serializer.validated_data.get("refresh"))
        now = time.time()
        if presented.delivery is Delivery.COOKIE:
            refuse_cross_site(request._request)
            access_token = access_cookie(request._request)
            refuse_two_logins(access_token, presented.text, now=now)
        tokens = refresh(
            presented.text,
            sender=sender_of(request._request),
            now=now,
            scope=serializer.validated_data.get("scope"),
        )
        return delivered(tokens, presented.delivery)


class TokenVerifyView(Endpoint):
    """``POST token/verify/``: 200 if an access token counts now, else 401."""

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Judge it as any API request would."""
        serializer = TokenVerifySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        claims = authenticate(serializer.validated_data["token"], now=time.time())
        if get_settings().user is UserLoading.DATABASE:
            users.load_active_user(claims.subject)
        return Response({})


@sensitive_variables()
def _prove(request: Request, credentials: Mapping[str, Any]) -> AbstractBaseUser:
    user = authenticate_credentials(request._request, **credentials)
    if user is None:
        raise NoActiveAccount
    return user


def _presented(request: Request, body: str | None) -> transport.Presented:
    """Return the refresh token of the request; tell a client that forgot it."""
    presented = transport.presented_refresh_token(request._request, body)
    if presented is not None:
        return presented
    if transport.accepts(Delivery.BEARER) and not has_bearer(request._request):
        raise ValidationError({"refresh": [Field.default_error_messages["required"]]})
    raise TokenMalformed("no refresh token came")


def _wishes(request: Request) -> tuple[Delivery, bool]:
    """Return how tokens go out, and whether the oldest login may end for this one.

    The one way that is on; where both are, what the body asks for.
    """
    serializer = WishesSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    given = serializer.validated_data
    if "delivery" in given:
        return Delivery(given["delivery"]), given["end_oldest"]
    # Clients written for other packages know of nothing but the body.
    bearer = transport.accepts(Delivery.BEARER)
    return Delivery.BEARER if bearer else Delivery.COOKIE, given["end_oldest"]


def _asked_scope(request: Request) -> str | None:
    """Return what the body asks for; None if it leaves that to us."""
    serializer = ScopeSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    scope: str | None = serializer.validated_data.get("scope")
    return scope
