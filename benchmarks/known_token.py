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

from benchmarks import credentials
from benchmarks.comparison import Call, Comparison
from benchmarks.pyjwt import hs256_decoder
from jwtauth.flows.authenticate import authenticate


def measure() -> Iterator[Comparison]:
    """Yield the comparisons with Redis, then the one without it, peers beside it."""
    user = User.objects.create_user("known-token")
    denylist = {"jwtauth denylist": _jwtauth(user)}
    yield _comparison("redis-py MGET", _mget(), denylist)
    yield _comparison("PyJWT.decode HS256", hs256_decoder(), denylist)
    with override_settings(JWTAUTH={**settings.JWTAUTH, "REVOCATION": "refresh_only"}):
        yield _comparison(
            "PyJWT.decode HS256",
            hs256_decoder(),
            {
                "jwtauth refresh_only": _jwtauth(user),
                "simplejwt stateless": _simplejwt(
                    JWTStatelessUserAuthentication(), user
                ),
                "simplejwt": _simplejwt(JWTAuthentication(), user),
            },
        )


def _comparison(
    against: str, yardstick: Call, contenders: Mapping[str, Call]
) -> Comparison:
    return Comparison(
        about="access token, seen before",
        against=against,
        yardstick=yardstick,
        contenders=contenders,
        budgets={"jwtauth refresh_only": 0.10},
    )


def _mget() -> Call:
    client = get_redis_connection("default")
    client.set("marker", b"x" * 40)
    return lambda: client.mget("marker", "entry")


def _jwtauth(user: User) -> Call:
    token = credentials.jwtauth_tokens(user).access_token
    return lambda: authenticate(token, now=time.time())


def _simplejwt(scheme: JWTAuthentication, user: User) -> Call:
    token = str(AccessToken.for_user(user)).encode()
    return lambda: scheme.get_user(scheme.get_validated_token(token))
