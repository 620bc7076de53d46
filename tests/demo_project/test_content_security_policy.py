"""The demo's policy: on every page, and no page has what it forbids."""

import re
from http import HTTPStatus

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from demo_project import content_security_policy
from demo_project.environment import CHECKOUT
from tests.contracts.test_page_headers import lint

SETTINGS = ("demo_project/settings.py", "demo_project/resource_server/settings.py")
PRODUCTION = "tests/settings_production.py"


@pytest.fixture
def admin(settings: Settings, db: None) -> Client:
    """A superuser at the demo under its policy."""
    settings.MIDDLEWARE = [content_security_policy.MIDDLEWARE, *settings.MIDDLEWARE]
    settings.SECURE_CSP = content_security_policy.WITH_ADMIN
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": settings.SECURE_CSP}
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root", password="x"))
    return client


def policy_of(answer: HttpResponse) -> dict[str, str]:
    parts = answer["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


@pytest.mark.requirement("CSR-08")
class TestPolicy:
    @pytest.mark.parametrize(
        "path",
        [
            "/",
            "/admin/",
            "/admin/auth/user/",
            "/admin/auth/user/add/",
            "/admin/jwtauth/tokenfamily/",
            "/admin/sessionauth/activesession/",
            "/admin/password_change/",
            "/session/auth/login/",
        ],
    )
    def test_page_has_the_policy_and_nothing_that_it_forbids(
        self, admin: Client, path: str
    ) -> None:
        """What the policy blocks would be a page that is broken."""
        answer = admin.get(path, secure=True)

        assert answer.status_code == HTTPStatus.OK
        policy = policy_of(answer)
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        found = lint(answer)
        inline = [fault for fault in found.faults if fault != "script"]
        assert inline == []
        html = answer.content.decode()
        for tag in re.findall(r"<(?:script|link|img)\b[^>]*>", html):
            (source,) = re.findall(r'(?:src|href)="([^"]+)"', tag)
            assert re.match(r"/(?!/)|static/", source)

    def test_refused_form_is_shown_in_the_demos_look(self, admin: Client) -> None:
        """Django's own page of it has a style in it, which the policy blocks."""
        answer = admin.post(
            "/session/auth/logout/", secure=True, headers={"accept": "text/html"}
        )

        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert lint(answer).faults == []
        assert "demo/style.css" in answer.content.decode()
        assert "Nothing was changed" in answer.content.decode()

    @pytest.mark.parametrize("path", [*SETTINGS, PRODUCTION])
    def test_settings_send_it_first_after_https(self, path: str) -> None:
        """Static files have it too: an SVG is a document that may hold script."""
        text = (CHECKOUT / path).read_text("utf-8")

        assert re.search(
            r'"django.middleware.security.SecurityMiddleware",\n'
            r"    content_security_policy.MIDDLEWARE,\n",
            text,
        )
        assert "\nSECURE_CSP = " in text
        assert "\nCONTENT_SECURITY_POLICY = " in text
