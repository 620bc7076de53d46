"""The second service's API: who is calling, by the public key alone."""

import time
from typing import Any

import pytest
from django.test import Client

from tests.demo_project.resource_server.issuer import AUDIENCE, ISSUER, Issuer

COOKIE = "__Host-access-token"


def _get(client: Client, path: str, token: str | None) -> Any:  # noqa: ANN401 - the test client's response
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return client.get(path, headers=headers)


class TestWhoAmI:
    def test_caller_is_named_with_scope_and_what_the_token_is_for(
        self, service: Client, issuer: Issuer
    ) -> None:
        """It is all that a service without users knows of its callers."""
        logged_in_at = int(time.time()) - 60
        token = issuer.token(scope="reports:read", auth_time=logged_in_at)

        body = _get(service, "/api/whoami/", token).json()

        assert 890 <= body.pop("expires_in") <= 900
        assert body == {
            "sub": "7",
            "scope": "reports:read",
            "client_id": "first-party",
            "issuer": ISSUER,
            "audience": [f"{ISSUER}/api", AUDIENCE],
            "auth_time": logged_in_at,
        }

    def test_cookie_names_the_caller_as_well(
        self, service: Client, issuer: Issuer
    ) -> None:
        """Cookies don't know ports: on one host the issuer's arrive here, too."""
        service.cookies[COOKIE] = issuer.token()
        # A browser brings both; the refresh token is nothing to who only verifies.
        service.cookies["__Host-refresh-token"] = "r" * 100

        assert service.get("/api/whoami/").json()["sub"] == "7"

    def test_token_within_the_leeway_has_no_time_left(
        self, service: Client, issuer: Issuer
    ) -> None:
        """A client that waits that long must not wait a negative time."""
        token = issuer.token(exp=int(time.time()))

        assert _get(service, "/api/whoami/", token).json()["expires_in"] == 0

    @pytest.mark.parametrize("path", ["/api/whoami/", "/api/reports/"])
    def test_answer_is_kept_by_no_cache(
        self, service: Client, issuer: Issuer, path: str
    ) -> None:
        """The next caller is somebody else."""
        answer = _get(service, path, issuer.token())

        assert "no-store" in answer.headers["Cache-Control"]

    def test_caller_without_token_gets_a_challenge(self, service: Client) -> None:
        """401 and not 403: a token would help."""
        answer = _get(service, "/api/whoami/", None)

        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'

    @pytest.mark.requirement("ATJ-09")
    @pytest.mark.parametrize(
        "claims",
        [
            {"exp": 1_000_000_000},
            {"aud": f"{ISSUER}/api"},
            {"aud": [f"{AUDIENCE}/"]},
            {"iss": "http://127.0.0.1:9000"},
        ],
        ids=["expired", "for the issuer's api", "for another path", "of another"],
    )
    def test_foreign_or_dead_token_is_refused_without_a_reason(
        self, service: Client, issuer: Issuer, claims: dict[str, object]
    ) -> None:
        """Who tries tokens learns nothing from the answers."""
        refused = _get(service, "/api/whoami/", issuer.token(**claims))
        malformed = _get(service, "/api/whoami/", "x.y.z")

        assert (refused.status_code, malformed.status_code) == (401, 401)
        assert refused.content == malformed.content

    def test_token_of_an_unknown_key_is_refused(self, service: Client) -> None:
        """Anybody can sign; the issuer's keys are those at its address."""
        answer = _get(service, "/api/whoami/", Issuer().token())

        assert answer.status_code == 401


class TestReports:
    def test_scope_opens_them(self, service: Client, issuer: Issuer) -> None:
        """Rights come from the token: there is nothing else to ask."""
        answer = _get(service, "/api/reports/", issuer.token(scope="a reports:read"))

        assert answer.status_code == 200
        assert answer.json()["reports"]

    def test_token_without_the_scope_is_told_which_it_takes(
        self, service: Client, issuer: Issuer
    ) -> None:
        """403: the caller is known, and another token of theirs might do."""
        answer = _get(service, "/api/reports/", issuer.token(scope="reports:write"))

        assert answer.status_code == 403
        assert 'scope="reports:read"' in answer.headers["WWW-Authenticate"]

    def test_nobody_gets_401(self, service: Client) -> None:
        """A stranger may log in; only who is known can lack a scope."""
        assert _get(service, "/api/reports/", None).status_code == 401


class TestIssuerNeverUp:
    @pytest.mark.parametrize("path", ["/api/whoami/", "/api/reports/"])
    def test_token_gets_503_and_a_time_to_come_back(
        self, orphan: Client, issuer: Issuer, path: str
    ) -> None:
        """401 would make clients throw away tokens that are good."""
        answer = _get(orphan, path, issuer.token())

        assert answer.status_code == 503
        assert answer.headers["Retry-After"]

    def test_caller_without_token_gets_401_all_the_same(self, orphan: Client) -> None:
        """There is nothing to judge."""
        assert _get(orphan, "/api/whoami/", None).status_code == 401


def test_status_names_issuer_and_audience_to_anybody(orphan: Client) -> None:
    """A demo that starts finds out by it whether the port is in good hands."""
    body = orphan.get("/status/").json()

    assert (body["issuer"], body["audience"]) == (ISSUER, AUDIENCE)
