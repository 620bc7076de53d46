"""The endpoints: read the request, run a flow, write the answer."""

import json
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.contrib.auth import authenticate as authenticate_credentials
from django.contrib.auth.decorators import login_not_required
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

import jwtauth
from jwtauth import transport
from jwtauth.authentication import (
    REFUSAL,
    JWTAuthentication,
    NoActiveAccount,
    TokenNotValid,
    challenge,
    log_and_answer,
)
from jwtauth.conf import get_settings
from jwtauth.core.jwk import jwks
from jwtauth.exceptions import JWTAuthError, TokenMalformed
from jwtauth.flows.authenticate import authenticate
from jwtauth.flows.refresh import refresh
from jwtauth.flows.revoke import revoke_all, revoke_by_token
from jwtauth.flows.tokens import IssuedTokens
from jwtauth.models import RevocationReason
from jwtauth.serializers import (
    LogoutSerializer,
    TokenObtainSerializer,
    TokenRefreshSerializer,
    TokenVerifySerializer,
)
from jwtauth.stores import key_source

if TYPE_CHECKING:
    from rest_framework.views import AsView, GenericView


@method_decorator(
    sensitive_post_parameters("password", "refresh", "token"), name="dispatch"
)
class TokenView(APIView):
    """What all endpoints share: no transaction of the request, nothing cached.

    A transaction around the request would roll back the very revocation that a
    401 reports; so these views run outside of ``ATOMIC_REQUESTS``.
    """

    authentication_classes: tuple[type[BaseAuthentication], ...] = ()
    permission_classes: tuple[type[BasePermission], ...] = ()

    @classmethod
    def as_view(cls, **initkwargs: Any) -> "AsView[GenericView]":  # noqa: ANN401 # Django's signature
        """Return the view, exempt from transactions and from the login page."""
        view = super().as_view(**initkwargs)
        for alias in connections:
            view = transaction.non_atomic_requests(using=alias)(view)
        return login_not_required(view)

    def get_authenticate_header(self, request: Request) -> str:
        """Return the challenge; without one DRF turns a 401 into a 403."""
        return challenge(request)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer errors of this package as DRF answers its own."""
        if isinstance(exc, JWTAuthError):
            exc = log_and_answer(exc)
        response = super().handle_exception(exc)
        if isinstance(exc, TokenNotValid):
            # The refused token may have come in the body.
            response["WWW-Authenticate"] = REFUSAL
        return response

    def finalize_response(
        self, request: Request, response: Response, *args: object, **kwargs: object
    ) -> Response:
        """Keep tokens, and errors about them, out of every cache (RFC 6749 §5.1)."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class TokenObtainPairView(TokenView):
    """``POST token/``: name and password -> an access and a refresh token."""

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Prove the user and begin a login."""
        serializer = TokenObtainSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = authenticate_credentials(request._request, **serializer.validated_data)
        if user is None:
            raise NoActiveAccount
        tokens = jwtauth.login(request._request, user)
        return _bearer_response(tokens)


class TokenRefreshView(TokenView):
    """``POST token/refresh/``: a refresh token -> its successor."""

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Rotate; every refusal gives the same bytes."""
        serializer = TokenRefreshSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        tokens = refresh(
            serializer.validated_data["refresh"],
            sender=transport.sender_of(request),
            now=time.time(),
        )
        return _bearer_response(tokens)


class TokenVerifyView(TokenView):
    """``POST token/verify/``: 200 if an access token counts now, else 401."""

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Judge it as any API request would."""
        serializer = TokenVerifySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        authenticate(serializer.validated_data["token"], now=time.time())
        return Response({})


class LogoutView(TokenView):
    """``POST logout/``: end the login of a refresh or access token."""

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """End it, also when the token is stale or expired; safe to repeat."""
        token = _presented_token(request)
        revoke_by_token(token, reason=RevocationReason.LOGOUT, now=time.time())
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogoutAllView(TokenView):
    """``POST logout/all/``: end every login of the user."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """End them all, this one too."""
        revoke_all(request.user.pk, reason=RevocationReason.LOGOUT_ALL, now=time.time())
        return Response(status=status.HTTP_204_NO_CONTENT)


@method_decorator(login_not_required, name="dispatch")
class JWKSView(View):
    """``GET .well-known/jwks.json``: the public keys (RFC 7517 §5)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the JWK Set; a cached copy dies before a new key signs."""
        body = json.dumps(jwks(key_source.key_ring(now := time.time()), now))
        etag = f'"{sha256(body.encode()).hexdigest()[:32]}"'
        response = HttpResponse(body, content_type="application/jwk-set+json")
        response["ETag"] = etag
        response["Access-Control-Allow-Origin"] = "*"
        patch_cache_control(response, public=True, max_age=_jwks_lifetime())
        return (
            get_conditional_response(request, etag=etag, response=response) or response
        )


def _jwks_lifetime() -> int:
    """Return how many seconds a JWK Set may be cached.

    This process may learn of the next key one reload after it was published; every
    copy from before that must be gone when the key signs.
    """
    settings = get_settings()
    latest = settings.key_overlap - settings.key_reload_interval
    return int(min(settings.key_overlap / 2, latest).total_seconds())


@sensitive_variables()
def _presented_token(request: Request) -> str:
    """Return the refresh token of the body, else the token of the header."""
    serializer = LogoutSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    refresh_token: str | None = serializer.validated_data.get("refresh")
    token = refresh_token or transport.bearer_token(request)
    if token is None:
        raise TokenMalformed("no token came")
    return token


def _bearer_response(tokens: IssuedTokens) -> Response:
    return Response(
        {
            "access": tokens.access_token,
            "refresh": tokens.refresh_token,
            "token_type": "Bearer",
            "expires_in": tokens.expires_in,
            "refresh_expires_in": tokens.refresh_expires_in,
        }
    )
