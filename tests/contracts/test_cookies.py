"""Credential cookies of both apps: what they are, who keeps them, which are read."""

import base64
import re
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.middleware.cache import CacheMiddleware
from pytest_django import Settings

from tests.contracts.visitor import JWT, PASSWORD, SESSION, Scheme, Visitor

TWINS = pytest.mark.parametrize(
    "twin", ["{plain}", "__host-{plain}", "__HOST-{plain}", "__Secure-{plain}"]
)
ORDERS = pytest.mark.parametrize("order", [1, -1], ids=["before", "after"])
MOST_BYTES = 4096
FORM = "application/x-www-form-urlencoded"


def cookies_of(answer: HttpResponse, scheme: Scheme) -> dict[str, dict[str, object]]:
    """The attributes of the credential cookies that an answer sets or deletes."""
    return {
        name: {key: value for key, value in morsel.items() if value != ""}
        for name, morsel in answer.cookies.items()
        if name in scheme.credentials
    }


def decoded(value: str) -> bytes:
    """What a cookie says to whoever undoes its base64url, part by part."""
    return b"".join(base64.urlsafe_b64decode(f"{p}==") for p in value.split("."))


def every_answer_with_cookies(visitor: Visitor) -> list[HttpResponse]:
    """What each endpoint says that sets or deletes credential cookies."""
    answers = [visitor.log_in()]
    answers.append(visitor.call("post", "auth/reauth/", {"password": PASSWORD}))
    if visitor.scheme is JWT:
        answers.append(visitor.call("post", "auth/token/refresh/"))
    else:
        form = urlencode({"username": "alice", "password": PASSWORD})
        answers.append(visitor.call("post", "auth/login/", form, CONTENT_TYPE=FORM))
    here = next(
        login["handle"]
        for login in visitor.call("get", "auth/sessions/").json()
        if login["current"]
    )
    answers.append(visitor.call("delete", f"auth/sessions/{here}/"))
    for end in ("auth/logout/", "auth/logout/all/"):
        visitor.log_in()
        answers.append(visitor.call("post", end))
    return answers


class TestAttributes:
    @pytest.mark.requirement("CKE-01", "CKE-03", "CKE-04")
    def test_cookie_of_every_answer_keeps_what_its_prefix_promises(
        self, visitor: Visitor
    ) -> None:
        """A browser drops a prefixed cookie, set or deleted, that breaks the rules."""
        names = {JWT: "Strict", SESSION: "Lax"}
        for answer in every_answer_with_cookies(visitor):
            found = cookies_of(answer, visitor.scheme)

            assert found.keys() == set(visitor.scheme.credentials)
            for name, attributes in found.items():
                assert name.startswith("__Host-")
                assert attributes["secure"] is True
                assert attributes["path"] == "/"
                assert "domain" not in attributes
                assert attributes["samesite"] == names[visitor.scheme]
                is_set = attributes.get("max-age") != 0
                assert attributes.get("httponly", False) or not is_set

    @pytest.mark.requirement("CKE-03")
    def test_value_of_a_cookie_stands_in_no_body(self, visitor: Visitor) -> None:
        """What a script could read, it could send away."""
        login = visitor.log_in()
        page = visitor.call("get", "api/me/")
        home = visitor.client.get("/", secure=True)

        assert visitor.credentials
        for value in visitor.credentials.values():
            for answer in (login, page, home):
                assert value.encode() not in answer.content

    @pytest.mark.requirement("CKE-06")
    def test_cookie_is_small_and_says_nothing_of_the_user(
        self, scheme: Scheme, stranger: Visitor, alice: User
    ) -> None:
        """Browsers drop what is larger; whoever finds the cookie learns no name."""
        personal = {
            "username": "longest-" * 18,
            "email": "alice@example.com",
            "first_name": "Alice in Wonderland",
        }
        User.objects.filter(pk=alice.pk).update(**personal)

        stranger.log_in(personal["username"])

        assert len(stranger.credentials) == len(scheme.credentials)
        for name, value in stranger.credentials.items():
            assert len(name) + len(value) <= MOST_BYTES
            told = value.encode() + decoded(value)
            assert not [text for text in personal.values() if text.encode() in told]


class TestAge:
    @pytest.mark.requirement("CKE-07")
    def test_cookie_of_a_very_long_login_promises_what_browsers_keep(
        self, scheme: Scheme, alice: User, settings: Settings
    ) -> None:
        """RFC 6265bis §5.5: they cut what is longer than 400 days."""
        long = timedelta(days=1000)
        settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = False
        settings.SESSION_COOKIE_AGE = int(long.total_seconds())
        settings.SESSIONAUTH = {"IDLE_TIMEOUT": long, "ABSOLUTE_TIMEOUT": long}
        settings.JWTAUTH = {
            **settings.JWTAUTH,
            "REFRESH_IDLE_TIMEOUT": long,
            "REFRESH_ABSOLUTE_TIMEOUT": long,
        }

        answer = Visitor(scheme).log_in()

        for attributes in cookies_of(answer, scheme).values():
            assert attributes["max-age"] == 400 * 24 * 3600


class TestTwins:
    @pytest.mark.requirement("CKE-09", "CKE-11")
    @TWINS
    @ORDERS
    def test_planted_twin_is_not_read(
        self, visitor: Visitor, bob: User, twin: str, order: int
    ) -> None:
        """A neighbouring domain can plant every name but the prefixed one."""
        attacker = Visitor(visitor.scheme)
        attacker.log_in("bob")
        own = list(visitor.credentials.items())
        planted = [
            (twin.format(plain=name.removeprefix("__Host-")), value)
            for name, value in attacker.credentials.items()
        ]

        both = visitor.show(*[*own, *planted][::order])
        alone = visitor.show(*planted)

        assert both.json()["id"] == User.objects.get(username="alice").pk
        assert alone.status_code == HTTPStatus.UNAUTHORIZED

    @pytest.mark.requirement("CKE-09")
    @ORDERS
    def test_cookie_that_comes_twice_is_nobodys(
        self, visitor: Visitor, bob: User, order: int
    ) -> None:
        """A browser sends one; who added another one is an attacker, in any order."""
        attacker = Visitor(visitor.scheme)
        attacker.log_in("bob")
        pairs = [*visitor.credentials.items(), *attacker.credentials.items()]

        answer = visitor.show(*pairs[::order])

        assert answer.status_code == HTTPStatus.UNAUTHORIZED
        assert not cookies_of(answer, visitor.scheme)


class TestCaches:
    @pytest.mark.requirement("CKE-10")
    def test_answer_that_sets_or_deletes_a_cookie_is_private(
        self, visitor: Visitor
    ) -> None:
        """A cache that kept it would log others in, or out."""
        for answer in every_answer_with_cookies(visitor):
            assert re.search("no-store|private", answer["Cache-Control"])
            assert "Cookie" in answer["Vary"]

    @pytest.mark.requirement("CKE-10")
    def test_answer_that_depends_on_a_cookie_says_so(
        self, visitor: Visitor, stranger: Visitor
    ) -> None:
        """Also the one to somebody who brought none."""
        assert "Cookie" in visitor.call("get", "api/me/")["Vary"]
        assert "Cookie" in stranger.call("get", "api/me/")["Vary"]

    @pytest.mark.requirement("CKE-10")
    def test_cache_in_front_of_the_project_mixes_nobody_up(
        self, visitor: Visitor, bob: User
    ) -> None:
        """Django's own, which keeps every page that does not forbid it."""
        other = Visitor(visitor.scheme)
        other.log_in("bob")

        def served(someone: Visitor) -> HttpResponse:
            return someone.client.get(someone.url("api/me/"), secure=True)

        def cached(someone: Visitor) -> bytes:
            request = HttpRequest()
            request.method = "GET"
            request.path = someone.url("api/me/")
            request.META |= {"SERVER_NAME": "testserver", "SERVER_PORT": "443"}
            pairs = someone.credentials.items()
            request.META["HTTP_COOKIE"] = "; ".join(f"{k}={v}" for k, v in pairs)
            answer = CacheMiddleware(lambda _: served(someone))(request)
            return answer.content

        first = [cached(who) for who in (visitor, other, Visitor(visitor.scheme))]
        again = [cached(who) for who in (visitor, other, Visitor(visitor.scheme))]

        assert len(set(first)) == len(first)
        assert again == first
