"""The public calls, as a user's type checker sees them; read by mypy, never run."""

from datetime import timedelta
from typing import assert_type

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

import jwtauth
import jwtauth.decorators
import sessionauth
from jwtauth.authentication import JWTAuthentication
from jwtauth.core.claims import AccessClaims
from jwtauth.core.issued_tokens import IssuedTokens
from sessionauth.authentication import SessionAuthentication
from sessionauth.decorators import (
    not_user_activity,
    recent_authentication_required,
)


def log_in_with_tokens(request: HttpRequest, user: User) -> None:
    tokens = jwtauth.login(request, user)
    assert_type(tokens, IssuedTokens)
    assert_type(tokens.access_token, str)
    assert_type(tokens.expires_in, int)
    assert_type(jwtauth.login(request, user, scope="read").scope, str | None)
    jwtauth.login(request, user, end_oldest=True)


def end_logins(user: User) -> None:
    assert_type(jwtauth.revoke_all(user, "revoked"), int)
    assert_type(jwtauth.revoke_all(user, reason="logout_all", keep="sid"), int)


def claims_of(request: Request) -> None:
    result = JWTAuthentication().authenticate(request)
    if result is not None:
        assert_type(result[1], AccessClaims)
        assert_type(result[1].audience, tuple[str, ...])
        assert_type(result[1].scopes, frozenset[str])


def log_in_with_session(request: HttpRequest, user: User) -> None:
    sessionauth.login(request, user)
    sessionauth.login(request, user, end_oldest=True)
    sessionauth.revoke_all(user, "revoked")
    SessionAuthentication().authenticate_header(Request(request))


@recent_authentication_required(timedelta(minutes=5))
def bank_details(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(str(number))


@jwtauth.decorators.recent_authentication_required()
def card_number(request: HttpRequest) -> HttpResponse:
    return bank_details(request, number=1)


@not_user_activity
async def news(request: HttpRequest) -> HttpResponse:
    return HttpResponse(bank_details(request, 1))
