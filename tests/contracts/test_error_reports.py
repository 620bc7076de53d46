"""A crash in the depth of a flow shows no secret, to administrators or in a log.

The sink under every test knows what was issued, and looks through the log by itself.
"""

import sys
from collections.abc import Iterator
from typing import Never, TypeAlias

import pytest
from django.core.signals import got_request_exception
from django.http import HttpRequest
from django.views.debug import ExceptionReporter

from jwtauth.stores import families, generations, revocations
from sessionauth.stores import index, sessions
from tests.contracts.visitor import JWT, PASSWORD, SESSION, Scheme, Visitor
from tests.harness.log_sink import LogSink

pytestmark = pytest.mark.requirement("LOG-03")

Step: TypeAlias = tuple[Scheme, str, dict[str, str] | str, object, str]

LOGIN = {"username": "alice", "password": PASSWORD, "delivery": "cookie"}
STEPS = [
    (JWT, "auth/token/", LOGIN, generations, "add"),
    (JWT, "auth/token/refresh/", {}, families, "state_of"),
    (JWT, "auth/reauth/", {"password": PASSWORD}, generations, "add"),
    (JWT, "auth/logout/", {}, revocations, "revoke"),
    (JWT, "auth/sessions/", {}, revocations, "revoke_all"),
    (JWT, "auth/logout/all/", {}, revocations, "revoke_all"),
    (SESSION, "auth/session/", LOGIN, sessions, "save"),
    (SESSION, "auth/session/", LOGIN, sessions, "renew"),
    (SESSION, "auth/reauth/", {"password": PASSWORD}, sessions, "create"),
    (SESSION, "auth/logout/", {}, sessions, "delete"),
    (SESSION, "auth/logout/all/", {}, sessions, "delete"),
    (SESSION, "auth/logout/all/", {}, index, "listed_until"),
    (SESSION, "auth/sessions/", {}, index, "listed_until"),
    (JWT, "auth/login/", f"username=alice&password={PASSWORD}", generations, "add"),
    (JWT, "auth/account/reauth/", f"password={PASSWORD}", generations, "add"),
    (JWT, "auth/account/sessions/", "end=others", revocations, "revoke_all"),
    (JWT, "auth/logout/", "next=", revocations, "revoke"),
    (SESSION, "auth/login/", f"username=alice&password={PASSWORD}", sessions, "save"),
    (SESSION, "auth/account/reauth/", f"password={PASSWORD}", sessions, "create"),
    (SESSION, "auth/account/sessions/", "end=others", index, "listed_until"),
    (SESSION, "auth/logout/", "next=", sessions, "delete"),
]
"""Whose body, what it sends (a text is a form's), and what crashes."""
OF_A_PAGE = {
    "CONTENT_TYPE": "application/x-www-form-urlencoded",
    "HTTP_ACCEPT": "text/html",
}


def name_of(step: Step) -> str:
    return f"{step[0]}-{step[1]}-{step[4]}"


def crash(*_: object, **__: object) -> Never:
    raise RuntimeError("a fault of the store's")


@pytest.fixture
def reports() -> Iterator[list[str]]:
    """What Django would mail to ``ADMINS``, and show as text."""
    texts: list[str] = []

    def report(request: HttpRequest, **_: object) -> None:
        reporter = ExceptionReporter(request, *sys.exc_info(), is_email=True)
        texts.append(reporter.get_traceback_html() + reporter.get_traceback_text())

    got_request_exception.connect(report)
    yield texts
    got_request_exception.disconnect(report)


class TestReports:
    @pytest.mark.parametrize("step", STEPS, ids=name_of)
    @pytest.mark.usefixtures("alice")
    def test_report_of_a_crash_shows_no_secret(
        self,
        step: Step,
        reports: list[str],
        log_sink: LogSink,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Reports hold the variables of every frame, and travel by mail."""
        scheme, path, body, module, name = step
        visitor = Visitor(scheme)
        visitor.log_in()
        monkeypatch.setattr(module, name, crash)
        is_form = isinstance(body, str)
        method = "delete" if path == "auth/sessions/" else "post"

        answer = visitor.call(method, path, body, **(OF_A_PAGE if is_form else {}))

        assert answer.status_code == 500

        assert reports
        assert not [text for text in reports if log_sink.has_secret(text)]
        assert log_sink.has_secret("x".join(visitor.credentials.values()))
