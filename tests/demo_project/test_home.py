"""The home page: which scheme is on, who is logged in, and where to go."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, override_settings

pytestmark = pytest.mark.django_db

session_chosen = override_settings(
    ROOT_URLCONF="tests.demo_project.urls_session", AUTH_SCHEME="session"
)


def _home(client: Client) -> str:
    return client.get("/").content.decode()


class TestScheme:
    def test_jwt_scheme_says_so_and_how_to_switch(self, client: Client) -> None:
        """It is the one switch of the demo."""
        page = _home(client)

        assert "JSON Web Tokens are on" in page
        assert "AUTH_SCHEME=session make demo" in page

    @session_chosen
    def test_session_scheme_says_so_and_how_to_switch(self, client: Client) -> None:
        """The same page in the other position."""
        page = _home(client)

        assert "Sessions are on" in page
        assert "AUTH_SCHEME=jwt make demo" in page


class TestLogin:
    def test_stranger_is_offered_the_login_page(self, client: Client) -> None:
        """The way in is one click away."""
        page = _home(client)

        assert "You are not logged in" in page
        assert 'href="/session/auth/login/?next=/"' in page

    def test_user_is_named(self, client: Client, alice: User) -> None:
        """Whoever switches users must see which one they are."""
        client.force_login(alice)

        assert "logged in on these pages as <strong>alice</strong>" in _home(client)

    def test_logging_out_comes_back_home_as_a_stranger(
        self, client: Client, alice: User
    ) -> None:
        """The button in the header is a POST, as logging out must be."""
        client.force_login(alice)

        client.post("/session/auth/logout/")

        assert "You are not logged in" in _home(client)


class TestPage:
    def test_curl_lines_call_this_very_server(self, client: Client) -> None:
        """They are there to be pasted."""
        page = client.get("/", headers={"host": "127.0.0.1:8123"}).content.decode()

        assert "BASE=http://127.0.0.1:8123/jwt" in page
        assert "BASE=http://127.0.0.1:8123/session" in page

    def test_second_service_is_one_click_away(self, client: Client) -> None:
        """Tokens are for it as well; where they aren't, there is nothing to show."""
        assert "Second service" not in _home(client)

        other = {**settings.JWTAUTH, "OTHER_AUDIENCES": ["http://127.0.0.1:8001"]}
        with override_settings(JWTAUTH=other):
            assert 'href="http://127.0.0.1:8001/"' in _home(client)

    def test_passwords_are_shown_under_debug_only(self, client: Client) -> None:
        """Without DEBUG these users don't exist."""
        assert "tandem-demo</code>" not in _home(client)
        with override_settings(DEBUG=True):
            assert "tandem-demo</code>" in _home(client)

    def test_page_needs_no_script_and_no_inline_style(self, client: Client) -> None:
        """A strict Content-Security-Policy must be able to cover it."""
        page = _home(client)

        assert "<script" not in page
        assert "style=" not in page
        assert "<style" not in page
