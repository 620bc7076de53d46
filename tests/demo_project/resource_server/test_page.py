"""The second service's page: who is calling, which keys are known, what to do."""

import re
from datetime import timedelta

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import Client

from demo_project.resource_server.page import _span
from tests.demo_project.resource_server.conftest import StartService
from tests.demo_project.resource_server.issuer import AUDIENCE, ISSUER, Issuer

COOKIE = "__Host-access-token"


def _text(answer: HttpResponse) -> str:
    return answer.content.decode()


class TestCaller:
    def test_browser_with_the_cookie_is_named_with_scope_and_end(
        self, service: Client, issuer: Issuer
    ) -> None:
        """The very thing that the page is there to show."""
        token = issuer.token(scope="reports:read")
        service.cookies[COOKIE] = token

        answer = service.get("/")

        assert answer.status_code == 200
        assert "You are user 7" in _text(answer)
        assert "<code>reports:read</code>" in _text(answer)
        assert "in 14 min" in _text(answer)
        assert token not in _text(answer)
        assert "no-store" in answer.headers["Cache-Control"]

    def test_stranger_is_told_what_to_do(self, service: Client) -> None:
        """Most browsers come without; a login at the issuer gives one."""
        answer = service.get("/")

        assert answer.status_code == 200
        assert "No token came" in _text(answer)
        assert f"ISSUER={ISSUER} SECOND={AUDIENCE}" in _text(answer)

    def test_what_a_token_says_is_text(self, service: Client, issuer: Issuer) -> None:
        """An issuer that lets users choose their name must not let them choose HTML."""
        token = issuer.token(sub="<b>7</b>", scope="<i>")

        page = _text(service.get("/", headers={"authorization": f"Bearer {token}"}))

        assert "You are user &lt;b&gt;7&lt;/b&gt;" in page
        assert "<i>" not in page

    @pytest.mark.parametrize("claims", [{"exp": 1_000_000_000}, {"aud": "elsewhere"}])
    def test_refused_token_is_one_for_machines_too_and_has_no_reason(
        self, service: Client, issuer: Issuer, claims: dict[str, object]
    ) -> None:
        """A page that told them apart would tell it whoever tries tokens."""
        service.cookies[COOKIE] = issuer.token(**claims)
        refused = service.get("/")
        service.cookies[COOKIE] = "x.y.z"
        malformed = service.get("/")

        assert refused.status_code == 401
        assert "This token is not accepted" in _text(refused)
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
        pages = (_text(refused), _text(malformed))
        assert len({re.sub(r"Fetched \d+ s ago", "", page) for page in pages}) == 1

    def test_issuer_never_up_is_said_with_503(
        self, orphan: Client, issuer: Issuer
    ) -> None:
        """Neither logged in nor refused: it can't be known."""
        orphan.cookies[COOKIE] = issuer.token()

        answer = orphan.get("/")

        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "No keys to judge by" in _text(answer)


class TestKeys:
    def test_known_keys_are_listed_with_their_age(
        self, service: Client, issuer: Issuer
    ) -> None:
        """After a rotation this is where one sees that the next key has come."""
        page = _text(service.get("/"))

        assert f"<code>{issuer.kid}</code> ES256" in page
        assert re.search(r"Fetched \d+ s ago", page)

    def test_keys_stay_when_the_issuer_goes(
        self, issuer: Issuer, start_service: StartService
    ) -> None:
        """That is the point of verifying by oneself."""
        with issuer.published() as address:
            service = start_service(address)
            assert issuer.kid in _text(service.get("/"))

        assert issuer.kid in _text(service.get("/"))

    def test_no_keys_yet_is_said(self, orphan: Client) -> None:
        """Whoever starts the second service alone sees what is missing."""
        answer = orphan.get("/")

        assert answer.status_code == 200
        assert "has given no keys" in _text(answer)


class TestLook:
    def test_style_sheet_is_served(self, service: Client) -> None:
        """The demo's own, though the demo's apps are not installed."""
        assert 'href="/static/demo/style.css"' in _text(service.get("/"))

        sheet = service.get("/static/demo/style.css")
        assert b"color-scheme" in sheet.getvalue()
        # As Django's client does: else the end of a request has Django look after
        # database connections, and they are other tests'.
        request_finished.disconnect(close_old_connections)
        sheet.close()
        request_finished.connect(close_old_connections)

    def test_nothing_runs_and_nothing_comes_from_elsewhere(
        self, service: Client
    ) -> None:
        """The page shows what strangers put into tokens."""
        answer = service.get("/")

        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search("<script|<style|style=|javascript:", _text(answer))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-1, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3600, "1 h 0 min")],
)
def test_span_reads_as_people_say_it(seconds: int, said: str) -> None:
    """Nobody counts in 871 seconds."""
    assert _span(timedelta(seconds=seconds)) == said
