"""``login/``: the form by which a browser logs in."""

import logging
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from django.http import HttpRequest
from django.test import Client
from django.views.debug import SafeExceptionReporterFilter
from pytest_django import Settings

from tests.sessionauth.conftest import COOKIE, PASSWORD
from tests.sessionauth.pages import Page

LogIn = Callable[..., Client]
FORM = {"username": "alice", "password": PASSWORD}


@pytest.mark.usefixtures("alice")
class TestLoginPage:
    @pytest.mark.requirement("LGN-04")
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

    @pytest.mark.requirement("LGN-05", "LGN-06")
    def test_page_is_plain_and_complete(self) -> None:
        """No script and no style, labels for readers, autofill for managers."""
        page = Page(Client().get("/auth/login/?next=/page/", secure=True).content)
        form = page.form_to(None)
        name, password = form.inputs["username"], form.inputs["password"]
        labels = {a["for"] for t, a in page.tags if t == "label"}

        assert not {t for t, _ in page.tags} & {"script", "style"}
        assert not [
            a for _, a in page.tags if "style" in a or any(n[:2] == "on" for n in a)
        ]
        assert form.attributes["method"] == "post"
        assert name["autocomplete"] == "username"
        assert password["autocomplete"] == "current-password"
        assert password["type"] == "password"
        assert {name["id"], password["id"]} <= labels
        assert "autofocus" in name
        assert form.inputs["next"]["value"] == "/page/"
        assert dict(page.tags)["html"]["lang"]

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

    def test_wrong_password_is_linked_to_both_fields(self) -> None:
        """A screen reader says it where it can be mended."""
        form = {"username": "alice", "password": "wrong"}
        page = Page(Client().post("/auth/login/", form, secure=True).content)

        for name in ("username", "password"):
            field = page.form_to(None).inputs[name]
            assert field["aria-invalid"] == "true"
            assert field["aria-describedby"] == "form-errors"
        assert page.ids.count("form-errors") == 1
        assert "aria-invalid" not in page.form_to(None).inputs["remember"]

    def test_field_that_is_left_out_is_told_at_that_field(self) -> None:
        """Which of the two it is, needs no guessing."""
        form = {"username": "alice", "password": ""}
        page = Page(Client().post("/auth/login/", form, secure=True).content)

        inputs = page.form_to(None).inputs
        assert inputs["password"]["aria-invalid"] == "true"
        assert inputs["password"]["aria-describedby"] == "id_password_error"
        assert page.ids.count("id_password_error") == 1
        assert "aria-invalid" not in inputs["username"]

    def test_denied_login_marks_no_field(
        self, settings: Settings, log_in: LogIn
    ) -> None:
        """Name and password were right."""
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 1,
            "SESSION_LIMIT_POLICY": "deny",
        }
        log_in()

        answer = Client().post("/auth/login/", FORM, secure=True)

        assert b"aria-invalid" not in answer.content
        assert answer.context["may_end_oldest"] is True

    @pytest.mark.requirement("SES-21")
    def test_page_tells_who_is_logged_in_and_offers_a_logout(
        self, log_in: LogIn
    ) -> None:
        """Instead of a loop of redirects for who may not see a page."""
        client = log_in()

        answer = client.get("/auth/login/", secure=True)

        assert b"You are logged in as alice." in answer.content
        assert answer.context["may_end_oldest"] is False
        client.post(
            Page(answer.content).form_to("/auth/logout/").action or "", secure=True
        )
        assert client.get("/api/me/", secure=True).status_code == 401

    @pytest.mark.requirement("LGN-05")
    def test_credentials_in_the_address_log_nobody_in_and_are_not_repeated(
        self,
    ) -> None:
        """Addresses are logged, kept in histories and sent on."""
        client = Client()
        address = "/auth/login/?username=alice&password=correct+horse"

        answers = [client.get(address, secure=True), client.post(address, secure=True)]

        assert [answer.status_code for answer in answers] == [200, 200]
        for answer in answers:
            assert b"correct" not in answer.content
            assert b"alice" not in answer.content
        assert client.get("/page/", secure=True).content == b"AnonymousUser"

    @pytest.mark.requirement("LGN-05")
    @pytest.mark.parametrize(
        ("path", "form"),
        [
            ("/auth/login/", {"username": "alice"}),
            ("/auth/account/reauth/", {}),
        ],
    )
    @pytest.mark.parametrize("password", [PASSWORD, "not alice's"])
    def test_password_is_in_no_address_log_or_answer(
        self,
        log_in: LogIn,
        caplog: pytest.LogCaptureFixture,
        path: str,
        form: dict[str, str],
        password: str,
    ) -> None:
        """Right or wrong: a typing error is nearly the password."""
        client = log_in()
        caplog.set_level(logging.DEBUG)

        sent = {**form, "password": password, "next": "/page/"}
        answer = client.post(path, sent, secure=True)

        is_right = password == PASSWORD
        assert answer.status_code == (302 if is_right else 200)
        for text in (caplog.text, str(answer.headers), answer.content.decode()):
            assert password not in text
            assert quote(password) not in text
            assert quote_plus(password) not in text
        assert "sessionauth" in caplog.text

    @pytest.mark.requirement("LGN-05")
    @pytest.mark.parametrize("path", ["/auth/login/", "/auth/account/reauth/"])
    def test_password_is_in_no_report_of_a_crash(
        self, log_in: LogIn, path: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """They are mailed to administrators, or shown."""
        requests: list[HttpRequest] = []

        def crash(request: HttpRequest, *_: object, **__: object) -> None:
            requests.append(request)
            raise RuntimeError

        client = log_in()
        client.raise_request_exception = False
        monkeypatch.setattr("django.contrib.auth.login", crash)

        answer = client.post(path, FORM, secure=True)

        shown = SafeExceptionReporterFilter().get_post_parameters(requests[0])
        assert answer.status_code == 500
        assert PASSWORD not in shown.values()
        assert shown["password"] == SafeExceptionReporterFilter.cleansed_substitute

    def test_message_from_before_the_login_is_shown_after_it(
        self, settings: Settings
    ) -> None:
        """In a cookie or in the session, which gets another id meanwhile."""
        settings.MESSAGE_STORAGE = (
            "django.contrib.messages.storage.session.SessionStorage"
        )
        client = Client()
        client.get("/say/", secure=True)

        client.post("/auth/login/", FORM, secure=True)

        told = client.get("/auth/login/", secure=True)
        assert b"Welcome to the shop." in told.content

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
