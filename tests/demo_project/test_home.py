"""The home page: which scheme is on, who is logged in, and where to go."""

import re
from collections.abc import Iterator

import pytest
from django.conf import LazySettings, settings
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.utils.translation import deactivate

from tests.demo_project.conftest import PASSWORD
from tests.faults import unreachable

pytestmark = pytest.mark.django_db(transaction=True)

session_chosen = override_settings(
    ROOT_URLCONF="tests.demo_project.urls_session", AUTH_SCHEME="session"
)


def _home(client: Client) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def _cards(client: Client) -> tuple[str, str]:
    """Return the card of each scheme."""
    jwt, session = re.findall(r"<section.*?</section>", _home(client), re.DOTALL)
    return jwt, session


def _log_in_by_tokens(client: Client, user: User) -> None:
    """Let the browser have token cookies, and the CSRF cookie with them."""
    client.get("/jwt/auth/csrf/")
    body = {"username": user.username, "password": PASSWORD, "delivery": "cookie"}
    assert client.post("/jwt/auth/token/", body).status_code == 200


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


class TestWorlds:
    def test_stranger_is_offered_both_login_pages(self, client: Client) -> None:
        """The way in is one click away, on either side."""
        jwt, session = _cards(client)

        assert 'href="/jwt/auth/login/?next=/"' in jwt
        assert 'href="/session/auth/login/?next=/"' in session
        assert "not logged in" in jwt
        assert "not logged in" in session
        assert "<form" not in jwt + session

    def test_login_of_one_side_is_none_of_the_other(
        self, client: Client, alice: User, bob: User
    ) -> None:
        """Whoever switches users and sides must see which one they are where."""
        client.force_login(alice)
        _log_in_by_tokens(client, bob)

        jwt, session = _cards(client)

        assert "logged in as <strong>bob</strong>" in jwt
        assert "logged in as <strong>alice</strong>" in session

    @pytest.mark.requirement("SES-21")
    def test_whoever_is_logged_in_finds_the_way_out(
        self, client: Client, alice: User
    ) -> None:
        """One form a side; the page that lists the logins is beside it."""
        client.force_login(alice)
        _log_in_by_tokens(client, alice)

        for name, card in zip(("jwt", "session"), _cards(client), strict=True):
            assert f'<form method="post" action="/{name}/auth/logout/">' in card
            assert f'href="/{name}/auth/account/sessions/"' in card
            assert f'href="/{name}/api/me/"' in card

    def test_logging_out_of_one_side_leaves_the_other(
        self, client: Client, alice: User
    ) -> None:
        """They know nothing of each other."""
        client.force_login(alice)
        _log_in_by_tokens(client, alice)

        client.post("/session/auth/logout/")
        jwt, session = _cards(client)

        assert "logged in as <strong>alice</strong>" in jwt
        assert "not logged in" in session

    def test_expired_access_token_is_said_to_be_renewed(
        self, client: Client, alice: User
    ) -> None:
        """It is neither a login of now nor the end of one."""
        _log_in_by_tokens(client, alice)
        client.cookies["__Host-access-token"] = "expired"

        jwt, _session = _cards(client)

        assert "the refresh token is here" in jwt
        assert "/jwt/auth/logout/" in jwt

    def test_user_who_is_gone_is_nobody(self, client: Client, alice: User) -> None:
        """The name is in the row, which is read after the token was believed."""
        _log_in_by_tokens(client, alice)
        del client.cookies["__Host-refresh-token"]
        alice.delete()

        assert "not logged in" in _cards(client)[0]

    def test_answer_is_kept_by_nobody(self, client: Client) -> None:
        """It names the user, and the next one at this machine is another."""
        answer = client.get("/")

        assert "no-store" in answer.headers["Cache-Control"]
        assert "Cookie" in answer.headers["Vary"]


class TestRedisDown:
    def test_stranger_still_sees_the_page(self, client: Client) -> None:
        """Nobody has to be asked about."""
        with unreachable():
            assert client.get("/").status_code == 200

    def test_token_that_cant_be_judged_is_neither_believed_nor_refused(
        self, client: Client, alice: User
    ) -> None:
        """The denylist is in Redis; the page goes on and says so."""
        _log_in_by_tokens(client, alice)

        with unreachable():
            jwt, session = _cards(client)

        assert "can't be told" in jwt
        assert "not logged in" in session

    def test_session_that_cant_be_read_is_503(
        self, client: Client, alice: User
    ) -> None:
        """Its middleware has the last word, as on every page."""
        client.force_login(alice)

        with unreachable():
            answer = client.get("/")

        assert answer.status_code == 503
        assert not answer.cookies


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


class TestLanguage:
    @pytest.fixture(autouse=True)
    def _languages(self, settings: LazySettings) -> Iterator[None]:
        """Ask for the browser's language, as the demo's settings do."""
        middleware = "demo_project.middleware.LanguageMiddleware"
        settings.MIDDLEWARE = [middleware, *settings.MIDDLEWARE]
        yield
        deactivate()

    def test_german_browser_sees_a_german_page(self, client: Client) -> None:
        """The demo's own templates have a catalogue as well."""
        page = client.get("/", headers={"accept-language": "de"}).content.decode()

        assert '<html lang="de">' in page
        assert "JSON Web Tokens</strong> sind aktiv" in page
        assert "nicht angemeldet" in page

    def test_public_keys_vary_with_no_language(self, client: Client) -> None:
        """A cache between would keep them once for each; pages it has to."""
        german = {"accept-language": "de"}

        keys = client.get("/.well-known/jwks.json", headers=german)
        page = client.get("/", headers=german)

        assert "Accept-Language" not in keys.headers.get("Vary", "")
        assert "Accept-Language" in page.headers["Vary"]
