"""Both schemes at their prefixes, the chosen one under the short prefix as well."""

import json
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.urls import reverse

from demo_project.devices import Device
from demo_project.schemes import SCHEMES
from tests.demo_project.conftest import LogIn

pytestmark = pytest.mark.django_db(transaction=True)

both_schemes = pytest.mark.parametrize("prefix", ["/jwt", "/session"])
session_chosen = override_settings(
    ROOT_URLCONF="tests.demo_project.urls_session", AUTH_SCHEME="session"
)


def _body(device: Device, path: str) -> object:
    return json.loads(device.call(path).content)


class TestOwnPrefixes:
    @both_schemes
    def test_caller_is_told_who_they_are(
        self, prefix: str, alice: User, log_in: LogIn
    ) -> None:
        """Both schemes answer in one shape, so that clients can change sides."""
        device = log_in(prefix, alice)

        assert _body(device, "me/") == {"id": alice.pk, "scheme": prefix[1:]}

    @both_schemes
    def test_stranger_is_refused_with_the_schemes_challenge(
        self, client: Client, prefix: str
    ) -> None:
        """401 and not 403: a client must learn that logging in would help."""
        response = client.get(f"{prefix}/api/me/")

        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith(
            {"/jwt": "Bearer", "/session": "Session"}[prefix]
        )

    @both_schemes
    def test_public_view_asks_nobody(self, client: Client, prefix: str) -> None:
        """The yardstick must not pay for any authentication."""
        assert client.get(f"{prefix}/api/public/").json()["id"] is None

    def test_credential_of_one_scheme_is_nothing_to_the_other(
        self, alice: User, log_in: LogIn
    ) -> None:
        """The prefix decides, not whatever credential happens to come along."""
        session = log_in("/session", alice)

        session._prefix = "/jwt"  # type: ignore[attr-defined]

        assert session.call("me/").status == 401


@pytest.mark.requirement("OPS-05")
class TestShortPrefix:
    def test_jwt_is_served_where_it_was_chosen(
        self, alice: User, log_in: LogIn
    ) -> None:
        """`AUTH_SCHEME=jwt`: /auth/ issues tokens and /api/ takes them."""
        device = log_in("", alice, "jwt")

        assert _body(device, "me/") == {"id": alice.pk, "scheme": "jwt"}

    @session_chosen
    def test_sessions_are_served_where_they_were_chosen(
        self, alice: User, log_in: LogIn
    ) -> None:
        """`AUTH_SCHEME=session`: /auth/ starts sessions and /api/ takes them."""
        device = log_in("", alice, "session")

        assert _body(device, "me/") == {"id": alice.pk, "scheme": "session"}

    def test_login_page_of_the_chosen_scheme_has_the_short_address(self) -> None:
        """That of the other one keeps its own; LOGIN_URL follows the choice."""
        assert reverse(SCHEMES["jwt"].login_url) == "/auth/login/"
        assert reverse(SCHEMES["session"].login_url) == "/session/auth/login/"
        with session_chosen:
            assert reverse(SCHEMES["jwt"].login_url) == "/jwt/auth/login/"
            assert reverse(SCHEMES["session"].login_url) == "/auth/login/"

    @pytest.mark.parametrize("chosen", [nullcontext(), session_chosen])
    def test_keys_and_where_to_find_them_are_published_at_the_root(
        self, chosen: AbstractContextManager[None], client: Client
    ) -> None:
        """Other services look there (RFC 8615), whichever scheme is chosen."""
        with chosen:
            metadata = client.get("/.well-known/oauth-authorization-server").json()
            keys = client.get(urlsplit(metadata["jwks_uri"]).path).json()["keys"]
            revoked = client.post(urlsplit(metadata["revocation_endpoint"]).path)

        assert [key["use"] for key in keys] == ["sig"]
        assert revoked.json() == {"error": "invalid_request"}


class TestNotes:
    @both_schemes
    def test_note_belongs_to_whoever_wrote_it(
        self, prefix: str, alice: User, bob: User, log_in: LogIn
    ) -> None:
        """The owner comes from the credential, never from the body."""
        written = log_in(prefix, alice).post(
            "notes/", {"text": "milk", "owner": str(bob.pk)}
        )

        assert written.status == 201
        assert alice.notes.get().text == "milk"  # type: ignore[attr-defined]

    @both_schemes
    def test_nobody_sees_the_notes_of_others(
        self, prefix: str, alice: User, bob: User, log_in: LogIn
    ) -> None:
        """Ownership is what the demo protects."""
        log_in(prefix, alice).post("notes/", {"text": "milk"})

        assert _body(log_in(prefix, bob), "notes/") == []

    def test_post_without_csrf_token_is_refused(
        self, alice: User, log_in: LogIn
    ) -> None:
        """A cookie is sent by any page of the web; the token is not."""
        device = log_in("/session", alice)

        answer = device._caller.send(  # type: ignore[attr-defined]
            "POST", "/session/api/notes/", body={"text": "milk"}
        )

        assert answer.status == 403
        assert not alice.notes.exists()  # type: ignore[attr-defined]
