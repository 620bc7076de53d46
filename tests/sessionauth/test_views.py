"""Login, logout and end-all over HTTP, as pages and as JSON."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
import redis
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from sessionauth.engine import SessionStore
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key, with_cookie

LogIn = Callable[..., Client]
FORM = {"username": "alice", "password": PASSWORD}
JSON = {"accept": "application/json"}
PAGE = {"accept": "text/html"}


def post_json(client: Client, data: object = FORM, **headers: str) -> HttpResponse:
    return client.post(
        "/auth/session/",
        data,
        content_type="application/json",
        secure=True,
        headers=headers,
    )


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


class TestUrls:
    def test_urls_can_stand_twice(self) -> None:
        """A project may mount them under two prefixes."""
        assert reverse("sessionauth:login") == "/auth/login/"
        assert reverse("second:login") == "/second/login/"


@pytest.mark.usefixtures("alice")
class TestJsonLogin:
    def test_right_credentials_get_the_cookie_and_who_they_are(
        self, alice: User
    ) -> None:
        """The whole contract of the endpoint; the id itself is in the cookie only."""
        client = Client()

        answer = post_json(client)

        assert answer.status_code == 200
        assert answer.json() == {"id": alice.pk, "expires_in": 86_400}
        assert answer["Cache-Control"] == "no-store"
        assert "csrftoken" in answer.cookies
        assert session_key(client).encode() not in answer.content
        assert client.get("/api/me/", secure=True).json() == {"id": alice.pk}

    def test_login_sends_what_django_sends(self, alice: User) -> None:
        """last_login, lockout and audit packages live on these signals."""
        post_json(Client())

        alice.refresh_from_db()
        assert alice.last_login is not None

    @pytest.mark.requirement("LGN-02")
    def test_every_failure_looks_the_same(self, alice: User, bob: User) -> None:
        """Neither who exists nor who is inactive can be found out."""
        get_user_model().objects.filter(username="bob").update(is_active=False)
        answers = [
            post_json(Client(), {"username": name, "password": password})
            for name, password in [
                ("alice", "wrong"),
                ("nobody", PASSWORD),
                ("bob", PASSWORD),
                ("x" * 1000, PASSWORD),
            ]
        ]

        assert {answer.status_code for answer in answers} == {401}
        assert {answer.content for answer in answers} == {
            b'{"detail":"No active account found with the given credentials"}'
        }
        assert answers[0]["WWW-Authenticate"] == 'Session realm="api"'
        assert not any(answer.cookies for answer in answers)

    @pytest.mark.parametrize(
        "data", [{}, {"username": "alice"}, {"username": [], "password": {}}, [], "x"]
    )
    def test_incomplete_data_is_400(self, data: object) -> None:
        """Wrong types must not make a 500."""
        assert post_json(Client(), data).status_code == 400

    @pytest.mark.requirement("CSR-06")
    def test_form_data_is_refused(self) -> None:
        """A form of another site can send it without asking; JSON it can't."""
        answer = Client().post("/auth/session/", FORM, secure=True)

        assert answer.status_code == 415

    @pytest.mark.requirement("CSR-02")
    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"sec-fetch-site": "cross-site"},
        ],
        ids=repr,
    )
    def test_login_from_another_site_is_refused(self, headers: dict[str, str]) -> None:
        """A page that logs its visitors in as the attacker reads what they do."""
        answer = post_json(Client(), **headers)

        assert answer.status_code == 403
        assert not answer.cookies

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://testserver", "sec-fetch-site": "same-origin"},
            {"origin": "https://app.example", "sec-fetch-site": "cross-site"},
        ],
        ids=repr,
    )
    def test_login_from_own_and_trusted_sites_is_accepted(
        self, settings: Settings, headers: dict[str, str]
    ) -> None:
        """CSRF_TRUSTED_ORIGINS means here what it means in Django."""
        settings.CSRF_TRUSTED_ORIGINS = ["https://app.example"]

        assert post_json(Client(), **headers).status_code == 200

    def test_password_is_taken_as_it_is(self, alice: User) -> None:
        """Spaces at its ends belong to it."""
        alice.set_password(" pass ")
        alice.save()

        answer = post_json(Client(), {"username": "alice", "password": " pass "})

        assert answer.status_code == 200

    def test_get_is_not_allowed(self) -> None:
        """Credentials never stand in an address."""
        assert Client().get("/auth/session/", secure=True).status_code == 405

    def test_login_with_another_session_ends_that_one(
        self, bob: User, log_in: LogIn
    ) -> None:
        """One browser has one session, even where the user changes."""
        client = log_in("bob")
        old = session_key(client)

        log_in("alice", client)

        assert with_cookie(old).get("/api/me/", secure=True).status_code == 401

    def test_denied_login_is_403_without_a_cookie(
        self, settings: Settings, log_in: LogIn
    ) -> None:
        """The password was right, so the user may be told."""
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 1,
            "SESSION_LIMIT_POLICY": "deny",
        }
        first = log_in()

        answer = post_json(Client())

        assert answer.status_code == 403
        assert answer.json()["code"] == "session_limit_reached"
        assert COOKIE not in answer.cookies
        assert first.get("/api/me/", secure=True).status_code == 200


@pytest.mark.usefixtures("alice")
class TestLoginPage:
    def test_form_logs_in_and_goes_on(self) -> None:
        """302 after the POST, so that a reload sends no password again."""
        client = Client()

        answer = client.post("/auth/login/", FORM, secure=True)

        assert answer.status_code == 302
        assert answer["Location"] == "/plain/"
        assert client.get("/page/", secure=True).content == b"alice"

    @pytest.mark.requirement("LGN-03")
    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example/",
            "//evil.example",
            "\\\\evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "http://testserver/",
            "https:///evil.example",
        ],
    )
    def test_next_leads_to_own_pages_only(self, target: str) -> None:
        """A login page that forwards anywhere is a phisher's best friend."""
        answer = Client().post("/auth/login/", {**FORM, "next": target}, secure=True)

        assert answer["Location"] == "/plain/"

    def test_next_on_this_site_is_followed(self) -> None:
        """Who was sent to the login page gets where they wanted."""
        answer = Client().post(
            "/auth/login/", {**FORM, "next": "/page/?a=1"}, secure=True
        )

        assert answer["Location"] == "/page/?a=1"

    @pytest.mark.requirement("CSR-02")
    def test_form_needs_the_csrf_token(self, browser: Client) -> None:
        """Login CSRF makes the victim act in the attacker's account."""
        assert browser.post("/auth/login/", FORM, secure=True).status_code == 403

    @pytest.mark.requirement("LGN-06")
    def test_page_is_plain_and_complete(self) -> None:
        """No script and no style, labels for readers, autofill for managers."""
        page = Client().get("/auth/login/?next=/page/", secure=True).content.decode()
        tags = Tags(page).found
        inputs = {a["name"]: a for t, a in tags if t == "input" and "name" in a}
        labels = {a["for"] for t, a in tags if t == "label"}

        assert not {t for t, _ in tags} & {"script", "style"}
        assert not [a for _, a in tags if "style" in a or any(n[:2] == "on" for n in a)]
        assert inputs["username"]["autocomplete"] == "username"
        assert inputs["password"]["autocomplete"] == "current-password"
        assert {inputs["username"]["id"], inputs["password"]["id"]} <= labels
        assert inputs["next"]["value"] == "/page/"
        assert dict(tags)["html"]["lang"]

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
        assert redis_client.dbsize() == 0

    def test_browser_is_sent_on(self, log_in: LogIn) -> None:
        """A form's answer must be a page."""
        answer = log_in().post("/auth/logout/", secure=True, headers=PAGE)

        assert answer.status_code == 302
        assert answer["Location"] == "/plain/"

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
        assert page["Location"].startswith("/auth/login/")


@pytest.mark.usefixtures("alice")
class TestLoginRequiredMiddleware:
    @pytest.mark.parametrize(
        "path", ["/auth/login/", "/auth/session/", "/auth/logout/"]
    )
    def test_own_views_are_exempt(self, settings: Settings, path: str) -> None:
        """A login page that needs a login is a loop."""
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ]

        answer = Client().options(path, secure=True)

        assert answer.status_code != 302


def test_session_of_a_login_is_stored_when_login_returns(alice: User) -> None:
    """A view may call another service with it before it answers."""
    from django.test import RequestFactory  # noqa: PLC0415

    from sessionauth import login  # noqa: PLC0415

    request = RequestFactory().get("/")
    request.session = SessionStore()

    login(request, alice)

    again = SessionStore(request.session.session_key)
    assert again["_auth_user_id"] == str(alice.pk)
