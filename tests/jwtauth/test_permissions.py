"""Permissions: what a view asks of an access token, and how it refuses."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ImproperlyConfigured
from rest_framework.authentication import BasicAuthentication
from rest_framework.permissions import BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from jwtauth.authentication import JWTAuthentication
from jwtauth.core.claims import parse_claims
from jwtauth.permissions import AuthenticatedRecently, HasScope
from tests.jwtauth.caller import Caller
from tests.jwtauth.core.raw_tokens import claims


class ScopedView(APIView):
    """A view of a project: any method, one declaration."""

    authentication_classes = (JWTAuthentication,)
    permission_classes: tuple[Any, ...] = (HasScope,)
    required_scopes: Any = ("a", "b")

    def get(self, request: Request) -> Response:
        return Response({})

    post = delete = get


def call(
    scope: str | None,
    method: str = "GET",
    **declared: Any,  # noqa: ANN401
) -> Response:
    """Call a view with an access token of ``scope``."""
    request = APIRequestFactory().generic(method, "/")
    payload = claims() if scope is None else claims(scope=scope)
    force_authenticate(request, User(pk=1), parse_claims(payload))
    return ScopedView.as_view(**declared)(request)


@pytest.mark.parametrize("permission", [HasScope, AuthenticatedRecently])
def test_permission_can_be_the_default_of_every_view(
    permission: type[BasePermission],
) -> None:
    """DRF imports the defaults while its views are only half imported."""
    path = f"{permission.__module__}.{permission.__name__}"
    program = f"""
from django.conf import settings
settings.configure(REST_FRAMEWORK={{"DEFAULT_PERMISSION_CLASSES": [{path!r}]}})
from rest_framework.views import APIView
print(APIView.permission_classes[0].__name__)
"""

    result = subprocess.run(  # noqa: S603 # our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert result.stdout.strip() == permission.__name__, result.stderr


class TestHasScope:
    @pytest.mark.requirement("ATJ-06", "BRR-05")
    @pytest.mark.parametrize(
        ("scope", "status"),
        [
            *((None, 403), ("a", 403), ("b", 403), ("ab", 403), ("A B", 403)),
            *(("a b", 200), ("b a", 200), ("c b a", 200)),
        ],
    )
    def test_scope_every_word_that_the_view_asks_for_is_needed(
        self, scope: str | None, status: int
    ) -> None:
        """A subset is not enough, and a longer word is another one."""
        assert call(scope).status_code == status

    @pytest.mark.requirement("BRR-05")
    def test_scope_missing_is_told_with_what_it_takes(self) -> None:
        """RFC 6750 §3.1: the client may ask its user for just that."""
        response = call("a")

        assert response.data == {
            "detail": "The access token may not be used for this.",
            "code": "insufficient_scope",
        }
        assert response["WWW-Authenticate"] == (
            'Bearer realm="api", error="insufficient_scope", scope="a b"'
        )

    @pytest.mark.parametrize(
        ("method", "scope", "status"),
        [
            *(("GET", "read", 200), ("HEAD", "read", 200), ("POST", "read", 403)),
            *(("POST", "write", 200), ("GET", "write", 403)),
            *(("DELETE", "write", 403), ("DELETE", "write read", 200)),
            *(("OPTIONS", "read", 403), ("OPTIONS", "read write", 200)),
        ],
    )
    def test_scope_by_method(self, method: str, scope: str, status: int) -> None:
        """A method that nobody thought of is the most guarded one."""
        by_method = {"GET": ("read",), "post": ("write",)}

        response = call(scope, method, required_scopes=by_method)

        assert response.status_code == status

    def test_scope_none_needed_still_needs_a_token(self) -> None:
        """An empty tuple is said on purpose; anonymous callers it does not let in."""
        view = ScopedView.as_view(required_scopes=())

        assert call(None, required_scopes=()).status_code == 200
        assert view(APIRequestFactory().get("/")).status_code == 401

    @pytest.mark.requirement("BRR-05")
    def test_caller_without_a_token_is_401_without_error(self) -> None:
        """RFC 6750 §3.1: nothing was wrong with credentials that did not come."""
        response = ScopedView.as_view()(APIRequestFactory().get("/"))

        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Bearer realm="api"'

    @pytest.mark.parametrize("auth", [None, "token", {"scope": "a b"}])
    def test_caller_known_by_other_means_has_no_scope(self, auth: object) -> None:
        """A session or a basic password was granted nothing."""
        request = APIRequestFactory().get("/")
        force_authenticate(request, User(pk=1), auth)

        assert ScopedView.as_view()(request).status_code == 403

    @pytest.mark.parametrize(
        "declared",
        [None, "a b", "a", 1, ("a b",), ("",), ('a"',), (1,), {"GET": "a"}, [None]],
        ids=repr,
    )
    def test_view_that_does_not_say_what_it_needs_is_an_error(
        self, declared: object
    ) -> None:
        """A string would be read letter by letter: "a" once more, "admin" never."""
        with pytest.raises(ImproperlyConfigured, match=r"ScopedView\.required_scopes"):
            call("a b", required_scopes=declared)

    def test_view_that_forgot_is_an_error_for_anonymous_callers_too(self) -> None:
        """Seen by the first request of the first test."""
        view = ScopedView.as_view(required_scopes=None)

        with pytest.raises(ImproperlyConfigured):
            view(APIRequestFactory().get("/"))

    def test_other_permission_before_an_or_is_asked(self) -> None:
        """The documented way to combine them."""
        either = (IsAuthenticated | HasScope,)

        assert call(None, permission_classes=either).status_code == 200

    @pytest.mark.requirement("ATJ-06")
    def test_scope_of_a_login_opens_the_view_and_another_one_does_not(
        self, alice: User, caller: Caller, jwtauth_settings: Callable[..., None]
    ) -> None:
        """From the project's function to the view, with nothing between left out."""
        jwtauth_settings(CLAIMS=lambda _user, _family: {"scope": "a b"})
        tokens = caller.login(alice)
        body = {"refresh": tokens["refresh"], "scope": "a"}
        narrow = caller.post("token/refresh/", body).json()

        answers = [bearing(token["access"], ScopedView) for token in (tokens, narrow)]

        assert [answer.status_code for answer in answers] == [200, 403]


class CanEdit(BasePermission):
    """A permission of Django's own."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.has_perm("auth.change_user")


class EditView(ScopedView):
    permission_classes = (CanEdit,)


class StaffView(ScopedView):
    permission_classes = (IsAdminUser,)
    authentication_classes = (JWTAuthentication, BasicAuthentication)


def bearing(access_token: str, view: type[APIView]) -> Response:
    """Call a view with an access token, as it comes over the wire."""
    header = f"Bearer {access_token}"
    return view.as_view()(APIRequestFactory().get("/", HTTP_AUTHORIZATION=header))


class TestRights:
    @pytest.mark.requirement("JWT-17")
    def test_permission_taken_away_acts_at_the_next_request(
        self, alice: User, caller: Caller
    ) -> None:
        """Rights are read from the database, not from what a token once said."""
        right = Permission.objects.get(codename="change_user")
        alice.user_permissions.add(right)
        access = caller.login(alice)["access"]

        before = bearing(access, EditView)
        User.user_permissions.through.objects.all().delete()
        after = bearing(access, EditView)

        assert (before.status_code, after.status_code) == (200, 403)

    @pytest.mark.requirement("JWT-17")
    def test_is_staff_taken_away_acts_at_the_next_request(
        self, alice: User, caller: Caller
    ) -> None:
        """The flag, too: it stands in no token."""
        User.objects.update(is_staff=True)
        access = caller.login(alice)["access"]

        before = bearing(access, StaffView)
        User.objects.update(is_staff=False)
        after = bearing(access, StaffView)

        assert (before.status_code, after.status_code) == (200, 403)


class RecentView(APIView):
    """A view of a project that takes a recent login."""

    authentication_classes = (JWTAuthentication,)
    permission_classes: tuple[Any, ...] = (AuthenticatedRecently,)

    def post(self, request: Request) -> Response:
        return Response({})


class HourView(RecentView):
    """The same with an idea of its own of what is recent."""

    max_authentication_age = timedelta(hours=1)


def call_after(
    view: type[APIView], age: float, monkeypatch: pytest.MonkeyPatch
) -> Response:
    """Call a view under a login of so many seconds ago."""
    payload = claims()
    monkeypatch.setattr("time.time", lambda: payload["auth_time"] + age)
    request = APIRequestFactory().post("/")
    force_authenticate(request, User(pk=1), parse_claims(payload))
    return view.as_view()(request)


@pytest.mark.requirement("LST-05")
class TestAuthenticatedRecently:
    @pytest.mark.parametrize(
        ("view", "age", "status"),
        [
            (RecentView, 0, 200),
            (RecentView, 899, 200),
            (RecentView, 900, 200),
            (RecentView, 901, 401),
            (HourView, 3599, 200),
            (HourView, 3601, 401),
        ],
    )
    def test_login_older_than_the_view_allows_is_refused(
        self,
        view: type[APIView],
        age: float,
        status: int,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """What is worth asking for a password is not worth a token of yesterday."""
        assert call_after(view, age, monkeypatch).status_code == status

    def test_setting_says_what_is_recent_where_the_view_does_not(
        self,
        jwtauth_settings: Callable[..., None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """One place for a whole project."""
        jwtauth_settings(STEP_UP_MAX_AGE=timedelta(minutes=1))

        assert call_after(RecentView, 59, monkeypatch).status_code == 200
        assert call_after(RecentView, 61, monkeypatch).status_code == 401

    def test_refusal_says_how_recent_it_must_be(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RFC 9470 §3: a client that knows asks its user, and tries again."""
        response = call_after(RecentView, 901, monkeypatch)

        assert response["WWW-Authenticate"] == (
            'Bearer realm="api", error="insufficient_user_authentication", '
            'max_age="900"'
        )
        assert response.data == {
            "detail": "Log in again: this takes a login that is more recent.",
            "code": "insufficient_user_authentication",
            "max_age": 900,
        }

    def test_caller_without_an_access_token_is_refused(self) -> None:
        """Another way to authenticate says nothing of when the user was there."""
        request = APIRequestFactory().post("/")
        force_authenticate(request, User(pk=1))

        assert RecentView.as_view()(request).status_code == 403
        assert RecentView.as_view()(APIRequestFactory().post("/")).status_code == 401
