"""What it costs to prove a caller whose row the view will use."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import RequestFactory, override_settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import (
    JWTAuthentication as SimpleJWTAuthentication,
)

from benchmarks import credentials, peer_credentials
from benchmarks.comparison import Call, Comparison
from benchmarks.credentials import Headers
from jwtauth.authentication import JWTAuthentication
from sessionauth.authentication import SessionAuthentication
from sessionauth.engine import SessionStore


def measure() -> Iterator[Comparison]:
    """Yield one comparison for each way to have the row: ours ask for it late.

    With jwtauth that is ``USER`` ``database``, whichever way it revokes; with
    sessionauth a look at the user, or ``USER_CHECK_INTERVAL`` 0.
    """
    user = User.objects.create_user("user-row")
    for revocation in ("refresh_only", "denylist"):
        changes = {"USER": "database", "REVOCATION": revocation}
        with override_settings(JWTAUTH={**settings.JWTAUTH, **changes}):
            ours = credentials.jwtauth_headers(user)
            calls = {f"jwtauth {revocation}": _authenticator(JWTAuthentication(), ours)}
            yield _comparison(calls, user)
    yield _comparison({"sessionauth, used by the view": _session(user)}, user)
    with override_settings(SESSIONAUTH={"USER_CHECK_INTERVAL": timedelta(0)}):
        yield _comparison({"sessionauth, checked each time": _session(user)}, user)
    yield _comparison(_reads_alone(user), user)


def _comparison(contenders: Mapping[str, Call], user: User) -> Comparison:
    return Comparison(
        id="user-row",
        about="user's row",
        against="simplejwt",
        yardstick=_authenticator(
            SimpleJWTAuthentication(), peer_credentials.simplejwt_headers(user)
        ),
        contenders=contenders,
    )


def _reads_alone(user: User) -> dict[str, Call]:
    """Return what it costs to read the row and to prove nothing."""
    query = User.objects.filter(pk=user.pk)
    sql, parameters = query.query.sql_with_params()

    def read() -> object:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchone()

    return {
        "floor, the row by Django's ORM": lambda: User.objects.get(pk=user.pk),
        "floor, the row by SQL": read,
    }


def _authenticator(scheme: BaseAuthentication, headers: Headers) -> Call:
    request = Request(RequestFactory().get("/", headers=headers))
    return lambda: scheme.authenticate(request)


def _session(user: User) -> Call:
    key, scheme = credentials.session_key(user), SessionAuthentication()
    request = Request(RequestFactory().get("/"))
    http_request = request._request

    def authenticate() -> str:
        # Both of them remember the row for as long as the request lasts.
        http_request.__dict__.pop("_cached_user", None)
        http_request.session = SessionStore(key)
        found = scheme.authenticate(request)
        if found is None:
            raise RuntimeError("A session that has just begun is not there.")
        return found[0].get_username()

    return authenticate
