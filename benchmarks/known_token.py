"""What an access token costs that this process has seen before."""

import time
from collections.abc import Iterator, Mapping

from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django_redis import get_redis_connection
from rest_framework_simplejwt.authentication import (
    JWTAuthentication,
    JWTStatelessUserAuthentication,
)
from rest_framework_simplejwt.tokens import AccessToken

from benchmarks import credentials, floor
from benchmarks.comparison import Call, Comparison
from benchmarks.pyjwt import hs256_decoder
from jwtauth.flows.authenticate import authenticate, verify

DECODE = "PyJWT.decode HS256"


def measure() -> Iterator[Comparison]:
    """Yield the comparisons with Redis, then the one without it, peers beside it."""
    user = User.objects.create_user("known-token")
    denylist = {"jwtauth denylist": _jwtauth(user)}
    yield _comparison("access-known", DECODE, hs256_decoder(), denylist)
    yield _comparison(
        "access-known-mget",
        "the same without it, and one MGET by redis-py",
        _without_denylist_and_mget(user),
        denylist,
    )
    with override_settings(JWTAUTH={**settings.JWTAUTH, "REVOCATION": "refresh_only"}):
        yield _comparison(
            "access-known",
            DECODE,
            hs256_decoder(),
            {
                "floor": floor.known_token(_token(user)),
                "jwtauth refresh_only": _jwtauth(user),
                "simplejwt stateless": _simplejwt(
                    JWTStatelessUserAuthentication(), user
                ),
                "simplejwt": _simplejwt(JWTAuthentication(), user),
            },
        )


def _comparison(
    row_id: str, against: str, yardstick: Call, contenders: Mapping[str, Call]
) -> Comparison:
    return Comparison(
        id=row_id,
        about="access token, seen before",
        against=against,
        yardstick=yardstick,
        contenders=contenders,
    )


def _without_denylist_and_mget(user: User) -> Call:
    token, client = _token(user), get_redis_connection("default")
    client.set("marker", b"x" * 40)

    def verify_and_ask() -> None:
        verify(token, now=time.time())
        client.mget("marker", "entry")

    return verify_and_ask


def _jwtauth(user: User) -> Call:
    token = _token(user)
    return lambda: authenticate(token, now=time.time())


def _token(user: User) -> str:
    return credentials.jwtauth_tokens(user).access_token


def _simplejwt(scheme: JWTAuthentication, user: User) -> Call:
    token = str(AccessToken.for_user(user)).encode()
    return lambda: scheme.get_user(scheme.get_validated_token(token))
