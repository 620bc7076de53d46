"""``logout/``: end this session, or every session of the user."""

from collections.abc import Callable

import pytest
import redis
from django.contrib import messages
from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest
from django.test import Client
from pytest_django import Settings

from tests.sessionauth.conftest import COOKIE, session_key, with_cookie

LogIn = Callable[..., Client]
JSON = {"accept": "application/json"}
PAGE = {"accept": "text/html"}


@pytest.mark.usefixtures("alice")
class TestLogout:
    @pytest.mark.requirement("SES-06")
    def test_session_is_over_everywhere(
        self, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """Also for whoever copied the cookie before."""
        client = log_in()
        copy = with_cookie(session_key(client))

        answer = client.post("/auth/logout/", secure=True, headers=JSON)

        assert answer.status_code == 204
        assert copy.get("/api/me/", secure=True).status_code == 401
        assert redis_client.keys("sa:[su]:*") == []

    @pytest.mark.requirement("CKE-02")
    @pytest.mark.parametrize(
        "name", ["__Host-Http-sessionid", "__Http-sessionid", "__HOST-sessionid"]
    )
    def test_cookie_is_deleted_as_it_was_set(
        self, log_in: LogIn, settings: Settings, name: str
    ) -> None:
        """Browsers hold a deletion to the same rules of the name, whatever its case."""
        settings.SESSION_COOKIE_NAME = name
        client = log_in()
        login = dict(client.cookies[name])

        logout = client.post("/auth/logout/", secure=True, headers=JSON).cookies[name]

        assert logout.value == ""
        assert logout["max-age"] == 0
        for attribute in ("secure", "httponly", "path", "domain", "samesite"):
            assert logout[attribute] == login[attribute], attribute

    def test_browser_is_sent_on(self, log_in: LogIn) -> None:
        """A form's answer must be a page."""
        answer = log_in().post("/auth/logout/", secure=True, headers=PAGE)

        assert answer.status_code == 302
        assert answer["Location"] == "/plain/"

    def test_message_that_was_not_shown_goes_with_the_login(
        self, log_in: LogIn
    ) -> None:
        """It was not meant for whoever sits there next."""
        client = log_in()
        client.get("/say/", secure=True)

        client.post("/auth/logout/", secure=True, headers=PAGE)

        assert b"Welcome" not in client.get("/auth/login/", secure=True).content

    def test_message_about_the_logout_is_shown_after_it(self, log_in: LogIn) -> None:
        """Projects say good-bye by a receiver; a second click is none."""

        def say_goodbye(request: HttpRequest, **_: object) -> None:
            messages.info(request, "See you.")

        client = log_in()
        user_logged_out.connect(say_goodbye)
        try:
            client.post("/auth/logout/", secure=True, headers=PAGE)
        finally:
            user_logged_out.disconnect(say_goodbye)
        client.post("/auth/logout/", secure=True, headers=PAGE)

        assert b"See you." in client.get("/auth/login/", secure=True).content

    @pytest.mark.parametrize("path", ["/auth/logout/", "/second/logout/"])
    def test_browser_without_a_place_to_go_is_sent_to_the_login_page_of_its_mount(
        self, log_in: LogIn, settings: Settings, path: str
    ) -> None:
        """Whatever ``LOGIN_URL`` says: it may be another app's."""
        settings.LOGOUT_REDIRECT_URL, settings.LOGIN_URL = None, "/elsewhere/"

        answer = log_in().post(path, secure=True, headers=PAGE)

        assert answer["Location"] == path.replace("logout", "login")

    def test_logout_without_a_session_is_fine(self) -> None:
        """What was asked for holds; a second click is no error."""
        answer = Client().post("/auth/logout/", secure=True, headers=JSON)

        assert answer.status_code == 204

    @pytest.mark.requirement("CSR-02")
    @pytest.mark.parametrize("path", ["/auth/logout/", "/auth/logout/all/"])
    def test_logout_needs_the_csrf_token(
        self, browser: Client, log_in: LogIn, path: str
    ) -> None:
        """Another site must not log its visitors out of ours."""
        client = log_in(client=browser)

        answer = client.post(path, secure=True, headers=JSON)

        assert answer.status_code == 403
        assert answer.json()["detail"].startswith("CSRF Failed: ")
        assert not answer.cookies
        assert client.get("/api/me/", secure=True).status_code == 200

    def test_cross_site_logout_of_nobody_deletes_no_cookie(
        self, browser: Client
    ) -> None:
        """SameSite keeps the cookie at home, so the request looks anonymous."""
        answer = browser.post("/auth/logout/", secure=True, headers=PAGE)

        assert answer.status_code == 403
        assert COOKIE not in answer.cookies

    @pytest.mark.requirement("CSR-04")
    @pytest.mark.parametrize("path", ["/auth/logout/", "/auth/logout/all/"])
    def test_get_ends_nothing(self, log_in: LogIn, path: str) -> None:
        """Prefetchers follow links."""
        client = log_in()

        assert client.get(path, secure=True).status_code == 405
        assert client.get("/api/me/", secure=True).status_code == 200

    @pytest.mark.requirement("CSR-03")
    def test_csrf_token_changes_at_login_and_at_logout(self, log_in: LogIn) -> None:
        """A token from before belongs to whoever sat there before."""
        client = Client()
        client.get("/auth/login/", secure=True)
        tokens = [client.cookies["csrftoken"].value]
        log_in(client=client)
        tokens.append(client.cookies["csrftoken"].value)
        client.post("/auth/logout/", secure=True)
        tokens.append(client.cookies["csrftoken"].value)

        assert len(set(tokens)) == 3


@pytest.mark.usefixtures("alice", "bob")
class TestLogoutAll:
    def test_every_session_of_the_user_ends(self, log_in: LogIn) -> None:
        """The answer to a lost telephone; other users are not touched."""
        one, two, other = log_in(), log_in(), log_in("bob")

        answer = one.post("/auth/logout/all/", secure=True, headers=JSON)

        assert answer.status_code == 204
        assert answer.cookies[COOKIE].value == ""
        codes = [c.get("/api/me/", secure=True).status_code for c in (one, two, other)]
        assert codes == [401, 401, 200]

    def test_nobody_is_401_or_sent_to_the_login(self) -> None:
        """There is no user whose sessions could end."""
        client = Client()

        tool = client.post("/auth/logout/all/", secure=True, headers=JSON)
        page = client.post("/auth/logout/all/", secure=True, headers=PAGE)

        assert tool.status_code == 401
        assert tool["WWW-Authenticate"] == 'Session realm="api"'
        assert page.status_code == 302
        assert page["Location"] == "/auth/login/"
