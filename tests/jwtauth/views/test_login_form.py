"""The form of the login page: every refusal alike, nothing of it kept."""

import sys
from collections.abc import Callable

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client, override_settings
from django.views.debug import ExceptionReporter

from jwtauth.models import TokenFamily
from jwtauth.stores import users
from tests.jwtauth.browser import (
    ACCESS,
    REFRESH,
    Browser,
    Tags,
)
from tests.jwtauth.caller import PASSWORD, PREFIX

LOGIN = f"{PREFIX}login/"


class LenientBackend(ModelBackend):
    """Lets inactive users in."""

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        return True


class LockedOut(ModelBackend):
    """Raises, as guards against guessing do."""

    def authenticate(self, *_: object, **__: object) -> AbstractBaseUser | None:
        raise PermissionDenied


class WaitsForFactor(ModelBackend):
    """Knows the password is right and wants more, as second factors do."""

    def authenticate(
        self, request: HttpRequest | None, **credentials: object
    ) -> AbstractBaseUser | None:
        super().authenticate(request, **credentials)  # type: ignore[arg-type] # the test's
        return None


class TestForm:
    @pytest.mark.requirement("LGN-05", "LGN-06")
    def test_page_is_plain_and_complete(self) -> None:
        """No script and no style, labels for readers, autofill and paste."""
        page = Client().get(f"{LOGIN}?next=/page/", secure=True).content
        tags = Tags(page).found
        inputs = {a["name"]: a for t, a in tags if t == "input" and "name" in a}
        labels = {a["for"] for t, a in tags if t == "label"}
        (form,) = [a for t, a in tags if t == "form"]

        assert not {t for t, _ in tags} & {"script", "style"}
        assert not [a for _, a in tags if "style" in a or any(n[:2] == "on" for n in a)]
        assert form["method"] == "post"
        assert "autocomplete" not in form
        assert inputs["username"]["autocomplete"] == "username"
        assert inputs["password"]["autocomplete"] == "current-password"
        assert inputs["password"]["type"] == "password"
        assert {inputs["username"]["id"], inputs["password"]["id"]} <= labels
        assert inputs["next"]["value"] == "/page/"
        assert dict(tags)["html"]["lang"]

    @pytest.mark.requirement("LGN-05")
    def test_credentials_in_the_address_count_for_nothing(self, alice: User) -> None:
        """Addresses are kept in histories and logs; the page repeats none."""
        query = {"username": "alice", "password": PASSWORD}
        client = Client()

        got = client.get(LOGIN, query, secure=True)
        posted = client.post(
            f"{LOGIN}?username=alice&password={PASSWORD}", {}, secure=True
        )

        for response in (got, posted):
            assert response.status_code == 200
            assert PASSWORD.encode() not in response.content
            assert not response.cookies.keys() & {ACCESS, REFRESH}

    @pytest.mark.requirement("LGN-05")
    def test_report_of_a_crash_shows_no_password(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The form, its frames and the request: each holds it for a moment."""
        reports: list[str] = []

        def report(request: HttpRequest, **_: object) -> None:
            reporter = ExceptionReporter(request, *sys.exc_info())
            reports.append(reporter.get_traceback_html())
            reports.append(reporter.get_traceback_text())

        def crash(*_: object, **__: object) -> None:
            raise OperationalError("the database is gone")

        monkeypatch.setattr(users, "lock_unchanged", crash)
        got_request_exception.connect(report)
        try:
            Browser().log_in_by_page(alice)
        finally:
            got_request_exception.disconnect(report)

        assert len(reports) == 2
        for text in reports:
            assert "the database is gone" in text
            assert PASSWORD not in text

    def test_page_is_never_cached(self) -> None:
        """The back button must not show a stale token."""
        assert "no-store" in Client().get(LOGIN, secure=True)["Cache-Control"]

    @pytest.mark.parametrize("name", ["alice", "nobody"])
    @pytest.mark.requirement("LGN-02")
    def test_wrong_password_is_told_and_not_repeated(
        self, alice: User, name: str
    ) -> None:
        """The form says that it failed, the same for everybody."""
        body = {"username": name, "password": "geheim"}

        response = Client().post(LOGIN, body, secure=True)

        assert response.status_code == 200
        assert b"Please enter a correct username and password" in response.content
        assert b"geheim" not in response.content
        assert not response.cookies.keys() & {ACCESS, REFRESH}

    @pytest.mark.requirement("LGN-02")
    def test_refused_user_is_told_what_everybody_is_told(
        self, alice: User, jwtauth_settings: Callable[..., None]
    ) -> None:
        """Neither "inactive" nor the project's own question is for the visitor."""
        jwtauth_settings(USER_CHECK=lambda user: bool(user.first_name))
        pages = []
        with override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.LenientBackend"]):
            for change in ({"is_active": True}, {"is_active": False}):
                User.objects.update(**change)
                body = {"username": "alice", "password": PASSWORD}
                pages.append(Client().post(LOGIN, body, secure=True))

        for response in pages:
            assert b"Please enter a correct username" in response.content
            assert b"inactive" not in response.content
        assert not TokenFamily.objects.exists()

    @pytest.mark.parametrize("backend", ["LockedOut", "WaitsForFactor"])
    def test_backend_that_lets_nobody_in_shows_the_form(
        self, alice: User, backend: str
    ) -> None:
        """Guards and second factors have their say, as everywhere in Django."""
        with override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.{backend}"]):
            response = Browser().log_in_by_page(alice)

        assert response.status_code == 200
        assert not TokenFamily.objects.exists()
