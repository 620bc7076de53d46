"""What it costs to prove a caller whose row the view will use."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import User
from django.test import RequestFactory, override_settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import (
    JWTAuthentication as SimpleJWTAuthentication,
)

from benchmarks import credentials
from benchmarks.comparison import Call, Comparison
from benchmarks.credentials import Headers
from jwtauth.authentication import JWTAuthentication


def measure() -> Iterator[Comparison]:
    """Yield one comparison for each way to revoke, ``USER`` being ``database``."""
    user = User.objects.create_user("user-row")
    for revocation in ("refresh_only", "denylist"):
        changes = {"USER": "database", "REVOCATION": revocation}
        with override_settings(JWTAUTH={**settings.JWTAUTH, **changes}):
            yield _comparison(f"jwtauth {revocation}", user)


def _comparison(contender: str, user: User) -> Comparison:
    return Comparison(
        about="user's row",
        against="simplejwt",
        yardstick=_authenticator(
            SimpleJWTAuthentication(), credentials.simplejwt_headers(user)
        ),
        contenders={
            contender: _authenticator(
                JWTAuthentication(), credentials.jwtauth_headers(user)
            )
        },
        budgets={contender: 1.0},
    )


def _authenticator(scheme: BaseAuthentication, headers: Headers) -> Call:
    request = Request(RequestFactory().get("/", headers=headers))
    return lambda: scheme.authenticate(request)
