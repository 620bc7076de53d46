"""The how-to on headers and HTTPS: its code, run as a reader would run it."""

import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import django
import pytest
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.test import RequestFactory
from django.utils.module_loading import import_string
from pytest_django import Settings

from jwtauth.transport import page_headers as jwtauth_headers
from sessionauth.views import page_headers as sessionauth_headers

TEXT = (Path(__file__).parents[2] / "docs/how-to/page-headers.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
SET_PAGE_HEADERS = pytest.mark.parametrize(
    "set_page_headers",
    [jwtauth_headers.set_page_headers, sessionauth_headers.set_page_headers],
    ids=["jwtauth", "sessionauth"],
)
API, PAGE = "/api/me/", "/auth-is-not-this/"


def block(with_text: str) -> dict[str, Any]:
    """The names that the one block with this text defines."""
    (code,) = (code for code in BLOCKS if with_text in code)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 # our own page
    return names


@pytest.fixture
def https(settings: Settings) -> Callable[[HttpRequest], HttpResponse]:
    """Answer as the settings and the middleware of the page do."""
    for part in ("SECURE_HSTS_SECONDS", "SECURE_REDIRECT_EXEMPT"):
        for name, value in block(part).items():
            if name.startswith("SECURE_"):
                setattr(settings, name, value)
    https_only = block("def https_only")["https_only"]
    view = https_only(lambda _request: HttpResponse("here"))
    return SecurityMiddleware(view)


class TestHeaders:
    @SET_PAGE_HEADERS
    def test_table_has_what_is_sent(
        self, set_page_headers: Callable[[HttpResponse], None]
    ) -> None:
        """A policy is copied from here into somebody's proxy."""
        rows = re.findall(r"^\| `([A-Z][\w-]+)` \| ([^|]+) \|", TEXT, re.MULTILINE)
        (default,) = re.findall(r"by default `([a-z-]+)`", TEXT)
        told = {name: value.strip("`") for name, value in rows}
        told["Cross-Origin-Opener-Policy"] = default
        answer = HttpResponse()
        del answer["Content-Type"]

        set_page_headers(answer)

        assert dict(answer.items()) == told

    def test_policy_of_ones_own_is_sent(
        self, settings: Settings, rf: RequestFactory
    ) -> None:
        """On Django 5.2 by django-csp, later by Django."""
        first, other = block("SECURE_CSP = {"), None
        path = "django.middleware.csp.ContentSecurityPolicyMiddleware"
        assert path in first["MIDDLEWARE"]
        settings.SECURE_CSP = policy = first["SECURE_CSP"]
        if django.VERSION < (6, 0):
            (code,) = (code for code in BLOCKS if "CONTENT_SECURITY_POLICY" in code)
            other = {"SECURE_CSP": policy}
            exec(code, other)  # noqa: S102 # our own page
            path = str(other["MIDDLEWARE"][1])
            settings.CONTENT_SECURITY_POLICY = other["CONTENT_SECURITY_POLICY"]

        answer = import_string(path)(lambda _request: HttpResponse())(rf.get("/"))

        sent = set(answer["Content-Security-Policy"].split("; "))
        assert sent == {f"{name} {' '.join(parts)}" for name, parts in policy.items()}

    def test_decorated_view_of_ones_own_is_not_kept(self, rf: RequestFactory) -> None:
        """What a project shows is as private."""
        view = block("class Statement")["Statement"].as_view()

        assert view(rf.get("/"))["Cache-Control"] == "no-store"

    def test_clear_site_data_of_the_page_is_understood(
        self, settings: Settings
    ) -> None:
        """A key that is refused stops the project."""
        names = block("CLEAR_SITE_DATA")
        settings.SESSIONAUTH = names["SESSIONAUTH"]
        answer = HttpResponse()

        import_string("sessionauth.transport.clear_site_data")(answer)

        assert answer["Clear-Site-Data"] == '"cache", "storage"'
        assert names["JWTAUTH"] == names["SESSIONAUTH"]


@pytest.mark.requirement("LGN-08")
class TestHTTPS:
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_call_of_the_api_over_http_is_refused(
        self,
        rf: RequestFactory,
        https: Callable[[HttpRequest], HttpResponse],
        method: str,
    ) -> None:
        """A redirect would hide that the token went in the clear."""
        answer = https(getattr(rf, method)(API))

        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert "Location" not in answer

    def test_page_over_http_is_redirected(
        self, rf: RequestFactory, https: Callable[[HttpRequest], HttpResponse]
    ) -> None:
        """People type addresses without a scheme."""
        answer = https(rf.get(PAGE))

        assert answer.status_code == HTTPStatus.MOVED_PERMANENTLY
        assert answer["Location"] == f"https://testserver{PAGE}"

    @pytest.mark.parametrize("path", [API, PAGE])
    def test_answer_over_https_keeps_browsers_there(
        self,
        rf: RequestFactory,
        https: Callable[[HttpRequest], HttpResponse],
        path: str,
    ) -> None:
        """HSTS: the next request is not sent over HTTP at all."""
        answer = https(rf.get(path, HTTP_X_FORWARDED_PROTO="https"))

        assert answer.content == b"here"
        assert answer["Strict-Transport-Security"] == (
            "max-age=31536000; includeSubDomains; preload"
        )

    def test_nginx_refuses_the_same_paths(self) -> None:
        """Both ways of the page say one thing."""
        (exempt,) = block("SECURE_REDIRECT_EXEMPT")["SECURE_REDIRECT_EXEMPT"]
        refused = re.findall(r"location /(\w+/) { return 400; }", TEXT)

        assert len(refused) == 2
        assert all(re.match(exempt, path) for path in refused)
