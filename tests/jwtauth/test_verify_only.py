"""A service that verifies the tokens of another one: no user model, no key of its own.

Here the models are loaded all the same; that such a service loads none is shown where
one runs, in a process of its own.
"""

import io
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import RequestFactory, override_settings
from pytest_django import DjangoAssertNumQueries
from rest_framework.permissions import (
    DjangoModelPermissions,
    IsAdminUser,
    IsAuthenticated,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

import jwtauth
from jwtauth import conf
from jwtauth.authentication import JWTAuthentication
from jwtauth.core.claims import parse_claims
from jwtauth.core.jwk import parse_key
from jwtauth.core.token_user import TokenUser
from jwtauth.permissions import AuthenticatedRecently, HasScope
from jwtauth.signals import denylist_bypassed
from jwtauth.stores import denylist_rebuild, denylist_shards
from tests.conftest import Heard
from tests.jwtauth.caller import Caller
from tests.jwtauth.core.raw_tokens import claims, signed
from tests.jwtauth.jwks_server import JWKSServer, jwks_server, new_key, plain

PRIVATE, PUBLIC = new_key()
KEY = parse_key(PRIVATE)
VERIFYING: dict[str, Any] = {
    "ISSUER": "https://issuer.test",
    "AUDIENCE": "https://reports.test",
    "USER": "claims",
    "REVOCATION": "refresh_only",
    "DELIVERY": {"bearer", "cookie"},
}
SID = "AAECAwQFBgcICQoLDA0ODw"
COOKIE = "__Host-access-token"


class View(APIView):
    """A view of such a service."""

    authentication_classes = (JWTAuthentication,)
    permission_classes: tuple[Any, ...] = (IsAuthenticated,)
    required_scopes = ("reports:read",)
    queryset = User.objects.none()

    def get(self, request: Request) -> Response:
        return Response({"sub": request.user.pk, "is": type(request.user).__name__})

    post = get


@pytest.fixture
def issuer() -> Iterator[JWKSServer]:
    with jwks_server() as server:
        server.publish(PUBLIC)
        yield server


@pytest.fixture
def verifying(
    issuer: JWKSServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Verify what ``issuer`` signs; call it to change more of the settings."""
    monkeypatch.setattr(conf, "_installed_apps", set)
    overrides = []

    def change(**changes: object) -> None:
        raw = {**VERIFYING, "KEYS": issuer.url, **changes}
        override = override_settings(JWTAUTH=raw)
        override.enable()
        overrides.append(override)

    change()
    yield change
    for override in reversed(overrides):
        override.disable()


def token(**changes: object) -> str:
    now = int(time.time())
    members = {
        "aud": ["https://api.test", "https://reports.test"],
        "sid": SID,
        "iat": now,
        "exp": now + 900,
        "auth_time": now,
        "scope": "reports:read",
        **changes,
    }
    return signed(claims(**members), key=KEY)


def call(text: str | None, *permissions: type, method: str = "GET") -> Response:
    header = {} if text is None else {"HTTP_AUTHORIZATION": f"Bearer {text}"}
    request = APIRequestFactory().generic(method, "/", **header)
    view = View.as_view(permission_classes=permissions or (IsAuthenticated,))
    return view(request)


@pytest.mark.usefixtures("verifying")
class TestCaller:
    @pytest.mark.requirement("ATJ-09")
    def test_token_of_the_other_service_names_its_caller(
        self,
        round_trips: list[str],
        db: None,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        """Nobody is asked: no row, no Redis, and the issuer once for its keys."""
        with django_assert_num_queries(0):
            answer = call(token(sub="7"))

        assert answer.data == {"sub": "7", "is": "TokenUser"}
        assert round_trips == []

    @pytest.mark.requirement("ATJ-09")
    @pytest.mark.parametrize(
        "changes",
        [
            {"aud": "https://api.test"},
            {"aud": ["https://api.test", "https://reports.test.evil.test"]},
            {"iss": "https://other.test"},
            {"exp": 1},
        ],
    )
    def test_token_for_somebody_else_is_refused(
        self, changes: dict[str, object]
    ) -> None:
        """A token of one service must not open the other."""
        assert call(token(**changes)).status_code == 401

    def test_token_that_the_issuer_has_not_signed_is_refused(self) -> None:
        """The published keys are all that counts."""
        stranger = parse_key(new_key()[0])
        text = signed(claims(aud="https://reports.test", sid=SID), key=stranger)

        assert call(text).status_code == 401

    def test_anonymous_request_is_anonymous(self) -> None:
        """401, and the challenge says which credentials would help."""
        answer = call(None)

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Bearer realm="api"'

    @pytest.mark.parametrize(
        ("scope", "status"), [("reports:read", 200), ("reports:write", 403)]
    )
    def test_scope_says_what_the_token_may_be_used_for(
        self, scope: str, status: int
    ) -> None:
        """There are no other permissions here."""
        assert call(token(scope=scope), HasScope).status_code == status

    def test_old_login_is_told_from_a_recent_one(self) -> None:
        """The claim says when the user was there last."""
        old = int(time.time()) - 3600

        assert call(token(), AuthenticatedRecently).status_code == 200
        assert call(token(auth_time=old), AuthenticatedRecently).status_code == 401

    def test_permissions_of_the_database_are_nobodys(self) -> None:
        """A view that asks for them is closed, rather than open by mistake."""
        answer = call(token(), DjangoModelPermissions, method="POST")

        assert answer.status_code == 403


@pytest.mark.usefixtures("verifying")
class TestCookie:
    def test_cookie_counts_and_unsafe_methods_need_the_csrf_token(self) -> None:
        """Where both services share a host the browser brings it along."""
        request = RequestFactory().get("/", secure=True)
        request.COOKIES[COOKIE] = token()
        assert View.as_view()(request).status_code == 200

        request = RequestFactory().post("/", secure=True)
        request.COOKIES[COOKIE] = token()
        assert View.as_view()(request).status_code == 403


class TestIssuer:
    def test_issuer_without_keys_is_503(
        self, verifying: Callable[..., None], issuer: JWKSServer
    ) -> None:
        """Whether the token counts can't be known: not "refused", not "accepted"."""
        issuer.answer = plain(b"", status="500 Oh")

        answer = call(token())

        assert answer.status_code == 503
        assert answer.data["code"] == "store_down"
        assert answer["Retry-After"]


class TestSharedDenylist:
    @pytest.fixture(autouse=True)
    def _on(self, verifying: Callable[..., None]) -> None:
        verifying(REVOCATION="denylist")

    @pytest.mark.requirement("RVK-15")
    def test_revoked_token_is_refused_at_once(
        self, redis_client: redis.Redis, round_trips: list[str]
    ) -> None:
        """For one round trip, and still no database."""
        redis_client.zadd(denylist_shards.key_of(0), {"complete": float("inf")})
        round_trips.clear()
        assert call(token()).status_code == 200
        assert len(round_trips) == 1

        redis_client.zadd(denylist_shards.key_of(0), {f"sid:{SID}": float("inf")})

        assert call(token()).status_code == 401

    @pytest.mark.requirement("RVK-15")
    def test_lost_shard_is_503_until_the_other_service_has_filled_it(
        self, db: None
    ) -> None:
        """What is not there proves nothing, and nobody here can fill it."""
        assert call(token()).status_code == 503

        with override_settings(JWTAUTH=settings.JWTAUTH | {"USER": "lazy"}):
            denylist_rebuild.rebuild(0, now=datetime.now(UTC))

        assert call(token()).status_code == 200

    def test_open_failure_accepts_and_tells(
        self, verifying: Callable[..., None], heard: Heard
    ) -> None:
        """Who chose that wants to count how often."""
        verifying(REVOCATION="denylist", DENYLIST_FAILURE="open")
        told = heard(denylist_bypassed)

        assert call(token()).status_code == 200
        assert [event["sid"] for event in told] == [SID]


def sharing(keys: str) -> dict[str, Any]:
    """Return the settings of a second service on the issuer's own database."""
    return {**settings.JWTAUTH, "KEYS": keys, "USER": "lazy"}


class TestWrongUse:
    def test_claims_beside_models_is_a_problem(self) -> None:
        """The endpoints of an issuer act on users that it has."""
        with override_settings(JWTAUTH={**settings.JWTAUTH, "USER": "claims"}):
            assert [problem.id for problem in conf.problems()] == ["jwtauth.E055"]

    def test_short_interval_is_a_problem(self) -> None:
        """Every process would ask that often."""
        raw = sharing("https://issuer.test/jwks.json")
        with override_settings(JWTAUTH=raw):
            assert conf.problems() == []
        short = {"KEY_RELOAD_INTERVAL": conf.MIN_REMOTE_INTERVAL / 2}
        with override_settings(JWTAUTH={**raw, **short}):
            assert [problem.id for problem in conf.problems()] == ["jwtauth.E054"]

    def test_nobody_said_whose_users_they_are_is_a_problem(
        self, admin_user: User, issuer: JWKSServer
    ) -> None:
        """The issuer's user 1 became this project's user 1, its superuser."""
        raw = VERIFYING | {"KEYS": issuer.url}
        del raw["USER"]
        with override_settings(JWTAUTH=raw):
            assert [problem.id for problem in conf.problems()] == ["jwtauth.E057"]
            with pytest.raises(ImproperlyConfigured, match="USER"):
                call(token(sub=str(admin_user.pk)), IsAdminUser)

    def test_encryption_is_a_problem(self) -> None:
        """No JWKS has the key to decrypt with: each token would be refused, unsaid."""
        raw = sharing("https://issuer.test/jwks.json") | {"ENCRYPTION": True}
        with override_settings(JWTAUTH=raw):
            assert [problem.id for problem in conf.problems()] == ["jwtauth.E056"]

    def test_login_says_that_this_service_issues_none(
        self, alice: User, issuer: JWKSServer
    ) -> None:
        """The cure is in the settings, and the message names the one."""
        raw = sharing(issuer.url)
        with (
            override_settings(JWTAUTH=raw),
            pytest.raises(ImproperlyConfigured, match=r"JWTAUTH\['KEYS'\]"),
        ):
            jwtauth.login(RequestFactory().get("/"), alice)

    def test_check_asks_no_other_service(self, issuer: JWKSServer) -> None:
        """A build machine may not reach it, and a start must not wait."""
        with override_settings(JWTAUTH=sharing(issuer.url)):
            call_command("check", stdout=io.StringIO())

        assert issuer.requests == 0

    @pytest.mark.parametrize("action", ["init", "list", "rotate"])
    def test_command_has_no_keys_to_keep(self, issuer: JWKSServer, action: str) -> None:
        """They are kept where they are published."""
        with (
            override_settings(JWTAUTH=sharing(issuer.url)),
            pytest.raises(CommandError, match="directory"),
        ):
            call_command("jwtauth_keys", action)

    def test_refresh_token_of_another_issuer_is_refused(
        self, alice: User, caller: Caller, issuer: JWKSServer
    ) -> None:
        """Refresh tokens never leave the service that made them."""
        refresh = caller.login(alice)["refresh"]
        with override_settings(JWTAUTH=sharing(issuer.url)):
            assert caller.refresh(refresh).status_code == 401


class TestTokenUser:
    def test_attributes_are_those_that_django_asks_for(self) -> None:
        """Templates, middleware and permissions read them."""
        user = TokenUser(parse_claims(claims(sub="7")))

        assert (user.pk, user.id, str(user), user.get_username()) == ("7",) * 4
        assert (user.is_authenticated, user.is_anonymous, user.is_active) == (1, 0, 1)
        assert (user.is_staff, user.is_superuser) == (False, False)
        assert not user.has_perm("x.y")
        assert not user.has_perms(["x.y"])
        assert not user.has_module_perms("x")

    def test_same_subject_of_the_same_issuer_is_the_same_user(self) -> None:
        """Sets and caches tell users apart by it."""
        first, again = (TokenUser(parse_claims(claims(jti=j))) for j in ("a", "b"))
        other = TokenUser(parse_claims(claims(sub="2")))
        foreign = TokenUser(parse_claims(claims(iss="https://other.test")))

        assert first == again
        assert len({first, again, other, foreign}) == 3
