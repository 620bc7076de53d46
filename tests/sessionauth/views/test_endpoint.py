"""What all views share: addresses, methods, headers, bad input."""

import json
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth import urls
from tests.sessionauth.conftest import PASSWORD, session_key

LogIn = Callable[..., Client]
JSON_ENDPOINTS = {
    "session/": {"get", "head", "post"},
    "sessions/": {"get", "head", "delete"},
    "sessions/x/": {"delete"},
    "reauth/": {"post"},
}
FORMS = {
    "login/": {"get", "head", "post", "put"},
    "logout/": {"post"},
    "logout/all/": {"post"},
    "account/reauth/": {"get", "head", "post", "put"},
    "account/sessions/": {"get", "head", "post"},
}
CALLS = [(path, method) for path in JSON_ENDPOINTS for method in JSON_ENDPOINTS[path]]
OTHER_METHODS = [
    (path, method)
    for path, allowed in {**JSON_ENDPOINTS, **FORMS}.items()
    for method in ("get", "head", "post", "put", "patch", "delete")
    if method not in allowed
]


def call(client: Client, path: str, method: str, body: object = None) -> HttpResponse:
    return client.generic(
        method.upper(),
        f"/auth/{path}",
        json.dumps(body or {}),
        content_type="application/json",
        secure=True,
    )


def test_endpoints_of_the_tests_are_all_there_are() -> None:
    """What is added later is held to the same rules."""
    paths = {str(entry.pattern).replace("<handle>", "x") for entry in urls.urlpatterns}

    assert paths == {*JSON_ENDPOINTS, *FORMS}


@pytest.mark.usefixtures("alice")
class TestEveryEndpoint:
    @pytest.mark.requirement("CSR-04")
    @pytest.mark.parametrize(("path", "method"), OTHER_METHODS)
    def test_other_method_changes_nothing(
        self, log_in: LogIn, path: str, method: str
    ) -> None:
        """Safe methods change no state, and unknown ones none either."""
        client = log_in()
        key = session_key(client)

        assert call(client, path, method).status_code == 405
        assert session_key(client) == key
        assert client.get("/api/me/", secure=True).status_code == 200

    @pytest.mark.parametrize("is_known", [True, False])
    @pytest.mark.parametrize(("path", "method"), CALLS)
    def test_any_answer_is_kept_out_of_caches(
        self, log_in: LogIn, path: str, method: str, *, is_known: bool
    ) -> None:
        """Who is told what depends on the cookie, refusals included."""
        answer = call(log_in() if is_known else Client(), path, method)

        assert answer["Cache-Control"] == "no-store"
        assert "Cookie" in answer["Vary"]

    @pytest.mark.parametrize(("path", "method"), CALLS)
    def test_store_that_is_down_is_503_and_the_cookie_stays(
        self, own_server: EmbeddedValkey, log_in: LogIn, path: str, method: str
    ) -> None:
        """Down is neither logged out nor logged in."""
        client = log_in()
        own_server.stop()
        body = {"username": "alice", "password": PASSWORD}

        answer = call(client, path, method, body)

        assert answer.status_code == 503
        assert answer["Retry-After"]
        assert not answer.cookies


class TestUrls:
    def test_urls_can_stand_twice(self) -> None:
        """A project may mount them under two prefixes."""
        assert reverse("sessionauth:login") == "/auth/login/"
        assert reverse("second:login") == "/second/login/"


@pytest.mark.usefixtures("alice")
class TestLoginRequiredMiddleware:
    @pytest.mark.parametrize(
        "path", ["/auth/login/", "/auth/session/", "/auth/logout/"]
    )
    def test_own_views_are_exempt(self, settings: Settings, path: str) -> None:
        """A login page that needs a login is a loop."""
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ]

        answer = Client().options(path, secure=True)

        assert answer.status_code != 302
