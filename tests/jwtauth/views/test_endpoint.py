"""What all endpoints share: methods, headers, bad input, and reports of crashes."""

import sys
from urllib.parse import urljoin

import pytest
from django.contrib.auth.models import User
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client
from django.views.debug import ExceptionReporter
from rest_framework.test import APIClient

from jwtauth import urls, well_known
from jwtauth.models import TokenFamily
from jwtauth.stores import families
from tests.harness.log_sink import LogSink
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller

HANDLE = "A" * 22
ENDPOINTS = {
    "token/": {"post"},
    "token/refresh/": {"post"},
    "token/verify/": {"post"},
    "token/blacklist/": {"post"},
    "token/revoke/": {"post"},
    "csrf/": {"get", "head"},
    "logout/": {"post"},
    "logout/all/": {"post"},
    "reauth/": {"post"},
    "sessions/": {"get", "head", "delete"},
    f"sessions/{HANDLE}/": {"delete"},
}
PAGES = {"login/", "account/reauth/", "account/sessions/"}
"""Held to the rules of pages."""
PUBLIC_DOCUMENTS = {
    ".well-known/jwks.json": {"get", "head"},
    "/.well-known/jwks.json": {"get", "head"},
    "/.well-known/oauth-authorization-server": {"get", "head"},
    "/.well-known/oauth-authorization-server/tenant": {"get", "head"},
}
OTHER_METHODS = [
    (path, method)
    for path, allowed in {**ENDPOINTS, **PUBLIC_DOCUMENTS}.items()
    for method in ("get", "head", "post", "put", "patch", "delete")
    if method not in allowed
]
BAD_BODIES = pytest.mark.parametrize(
    "body",
    [
        "[]",
        '"text"',
        "null",
        "{",
        '{"refresh": {"a": 1}, "token": [], "username": 1, "password": []}',
        '{"refresh": "\\u0000", "token": "\\ud800", "username": "\\u0000"}',
    ],
)


def test_endpoints_of_the_tests_are_all_there_are() -> None:
    """What is added later is held to the same rules."""
    ours = {str(entry.pattern) for entry in urls.urlpatterns}
    at_the_root = {f"/{entry.pattern}" for entry in well_known.urlpatterns}
    paths = {
        path.replace("<handle>", HANDLE).replace("<path:issuer_path>", "tenant")
        for path in ours | at_the_root
    }

    assert paths == {*ENDPOINTS, *PAGES, *PUBLIC_DOCUMENTS}


class TestErrorReports:
    @pytest.mark.parametrize("content_type", ["json", "form"])
    @pytest.mark.parametrize("endpoint", ["token/", "token/refresh/"])
    def test_report_of_a_crash_shows_no_credential(
        self,
        alice: User,
        monkeypatch: pytest.MonkeyPatch,
        content_type: str,
        endpoint: str,
    ) -> None:
        """The token in it was not rotated: it still works."""
        token = Caller().login(alice)["refresh"]
        body = {"username": "alice", "password": PASSWORD, "refresh": token}
        client = Client(raise_request_exception=False)
        reports: list[str] = []

        def report(request: HttpRequest, **_: object) -> None:
            reporter = ExceptionReporter(request, *sys.exc_info())
            reports.append(reporter.get_traceback_html())
            reports.append(reporter.get_traceback_text())

        def fail(*_: object, **__: object) -> None:
            raise OperationalError("the database is gone")

        monkeypatch.setattr(families, "find", fail)
        monkeypatch.setattr(families, "database", fail)
        got_request_exception.connect(report)
        try:
            options = {"content_type": "application/json"}
            client.post(
                f"/jwt/auth/{endpoint}",
                body,
                **(options if content_type == "json" else {}),
            )
        finally:
            got_request_exception.disconnect(report)

        assert reports
        for text in reports:
            assert PASSWORD not in text
            assert token not in text


class TestEdges:
    @pytest.mark.requirement("RTK-30")
    @pytest.mark.parametrize(("path", "method"), OTHER_METHODS)
    def test_endpoint_other_method_changes_nothing(
        self,
        alice: User,
        caller: Caller,
        log_sink: LogSink,
        path: str,
        method: str,
    ) -> None:
        """Safe methods change no state, whatever they bring."""
        body = caller.login(alice)
        client = APIClient(raise_request_exception=False)

        response = getattr(client, method)(
            urljoin(PREFIX, f"{path}?refresh={body['refresh']}"),
            {"refresh": body["refresh"]},
            HTTP_AUTHORIZATION=f"Bearer {body['access']}",
        )

        # Django logs the address of what it refuses.
        log_sink.clear()
        assert response.status_code == 405
        assert TokenFamily.objects.get().generation == 0
        assert TokenFamily.objects.get().revoked_at is None

    @pytest.mark.requirement("BRR-02", "RTK-30")
    def test_tokens_in_the_query_are_never_read(
        self, alice: User, caller: Caller, log_sink: LogSink
    ) -> None:
        """URLs end up in logs and histories."""
        body = caller.login(alice)

        refresh = caller.post(f"token/refresh/?refresh={body['refresh']}")
        me = Client().get(f"/jwt/api/me/?access_token={body['access']}")

        # As they do here: in Django's.
        log_sink.clear()
        assert refresh.status_code == 400
        assert me.status_code == 401

    @pytest.mark.requirement("BRR-06")
    @pytest.mark.parametrize("path", ENDPOINTS)
    def test_endpoint_any_answer_is_not_stored(
        self, alice: User, caller: Caller, path: str
    ) -> None:
        """Errors about tokens are as private as tokens."""
        assert caller.post(path)["Cache-Control"] == "no-store"

    @BAD_BODIES
    @pytest.mark.parametrize("path", ENDPOINTS)
    def test_endpoint_bad_body_is_4xx(
        self, alice: User, caller: Caller, path: str, body: str
    ) -> None:
        """No input makes a 500."""
        response = caller.post(path, body)

        assert 400 <= response.status_code < 500

    @BAD_BODIES
    @pytest.mark.parametrize("path", ENDPOINTS)
    def test_endpoint_bad_body_of_a_known_caller_is_no_500(
        self, alice: User, caller: Caller, path: str, body: str
    ) -> None:
        """Some read the body only when they know who is calling."""
        access_token = caller.login(alice)["access"]

        response = caller.post(path, body, bearer=access_token)

        assert response.status_code < 500
