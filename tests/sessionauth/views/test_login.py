"""``login/``: the form by which a browser logs in."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client
from pytest_django import Settings

from tests.sessionauth.conftest import COOKIE, PASSWORD

LogIn = Callable[..., Client]
FORM = {"username": "alice", "password": PASSWORD}


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.usefixtures("alice")
class TestLoginPage:
    def test_form_logs_in_and_goes_on(self) -> None:
        """302 after the POST, so that a reload sends no password again."""
        client = Client()

        answer = client.post("/auth/login/", FORM, secure=True)

        assert answer.status_code == 302
        assert answer["Location"] == "/plain/"
        assert client.get("/page/", secure=True).content == b"alice"

    @pytest.mark.requirement("CSR-02")
    def test_form_needs_the_csrf_token(self, browser: Client) -> None:
        """Login CSRF makes the victim act in the attacker's account."""
        assert browser.post("/auth/login/", FORM, secure=True).status_code == 403

    @pytest.mark.requirement("LGN-06")
    def test_page_is_plain_and_complete(self) -> None:
        """No script and no style, labels for readers, autofill for managers."""
        page = Client().get("/auth/login/?next=/page/", secure=True).content.decode()
        tags = Tags(page).found
        inputs = {a["name"]: a for t, a in tags if t == "input" and "name" in a}
        labels = {a["for"] for t, a in tags if t == "label"}

        assert not {t for t, _ in tags} & {"script", "style"}
        assert not [a for _, a in tags if "style" in a or any(n[:2] == "on" for n in a)]
        assert inputs["username"]["autocomplete"] == "username"
        assert inputs["password"]["autocomplete"] == "current-password"
        assert {inputs["username"]["id"], inputs["password"]["id"]} <= labels
        assert inputs["next"]["value"] == "/page/"
        assert dict(tags)["html"]["lang"]

    def test_box_has_a_label_without_a_colon(self) -> None:
        """A colon promises a field behind it; the box stands before its label."""
        page = Client().get("/auth/login/", secure=True).content.decode()

        assert ">Remember me on this device</label>" in page

    def test_page_is_never_cached(self) -> None:
        """The back button must not show a stale token."""
        answer = Client().get("/auth/login/", secure=True)

        assert "no-store" in answer["Cache-Control"]

    def test_wrong_password_is_told_and_not_repeated(self) -> None:
        """The form says that it failed, and keeps the name only."""
        answer = Client().post(
            "/auth/login/", {"username": "alice", "password": "geheim"}, secure=True
        )

        assert answer.status_code == 200
        assert b'role="alert"' in answer.content
        assert b"geheim" not in answer.content
        assert not answer.cookies.get(COOKIE)

    def test_denied_login_is_told_on_the_form(
        self, settings: Settings, log_in: LogIn
    ) -> None:
        """Not an error page: the user did nothing wrong."""
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 1,
            "SESSION_LIMIT_POLICY": "deny",
        }
        log_in()
        client = Client()

        answer = client.post("/auth/login/", FORM, secure=True)

        assert answer.status_code == 200
        assert b"as many devices as allowed" in answer.content
        assert client.get("/page/", secure=True).content == b"AnonymousUser"
