"""``logout/`` and ``logout/all/`` as a form of a page asks for them."""

import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_out
from django.test import Client, override_settings
from django.urls import include, path

from demo_project.embedded_valkey import EmbeddedValkey
from demo_project.middleware import JWTPrefixMiddleware
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.views.logout import LogoutView
from tests.conftest import Heard
from tests.jwtauth.browser import ACCESS, CSRF, REFRESH, Browser, attributes
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller

LOGOUT, LOGOUT_ALL = f"{PREFIX}logout/", f"{PREFIX}logout/all/"
LOGIN = f"{PREFIX}login/"
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
BOTH = pytest.mark.parametrize("address", [LOGOUT, LOGOUT_ALL])

urlpatterns = [
    path("one/", include("jwtauth.urls")),
    path("bare/", LogoutView.as_view()),
]


def live() -> int:
    """How many logins there are."""
    return TokenFamily.objects.filter(revoked_at=None).count()


class TestWayOn:
    @BOTH
    def test_form_leads_to_the_login_page_beside_it(
        self, browser: Browser, address: str
    ) -> None:
        """In the namespace of the request: the site may have two."""
        response = browser.post_form(address)

        assert (response.status_code, response["Location"]) == (302, LOGIN)
        assert browser.credentials == {}
        assert browser.cookie(CSRF) == ""
        assert live() == 0

    @BOTH
    @override_settings(LOGOUT_REDIRECT_URL="/bye/")
    def test_form_leads_where_the_project_says(
        self, browser: Browser, address: str
    ) -> None:
        """Django's own setting."""
        assert browser.post_form(address)["Location"] == "/bye/"

    @override_settings(ROOT_URLCONF=__name__, LOGIN_URL="/elsewhere/")
    @pytest.mark.parametrize(
        ("address", "location"),
        [("/one/logout/", "/one/login/"), ("/bare/", "/one/login/")],
    )
    def test_form_under_the_apps_own_namespace_finds_its_login_page(
        self, alice: User, address: str, location: str
    ) -> None:
        """Also from a view that is mounted without it."""
        assert Browser().post_form(address)["Location"] == location

    @override_settings(LOGIN_URL="/elsewhere/")
    def test_form_without_a_login_page_of_ours_leads_to_the_projects(
        self, alice: User
    ) -> None:
        """Who mounts the view alone has its own."""

        class Bare:
            urlpatterns = (path("bare/", LogoutView.as_view()),)

        with override_settings(ROOT_URLCONF=Bare):
            assert Browser().post_form("/bare/")["Location"] == "/elsewhere/"


class TestWhoeverAsks:
    @BOTH
    def test_form_with_an_expired_access_token_ends_the_login(
        self, browser: Browser, monkeypatch: pytest.MonkeyPatch, address: str
    ) -> None:
        """Who comes back after lunch must be able to leave."""
        later = time.time() + 3600
        monkeypatch.setattr("time.time", lambda: later)

        response = browser.post_form(address)

        assert (response.status_code, response["Location"]) == (302, LOGIN)
        assert live() == 0
        assert browser.credentials == {}

    def test_form_with_an_expired_access_token_ends_every_login(
        self, browser: Browser, caller: Caller, alice: User
    ) -> None:
        """The refresh token says whose they are: a form can't refresh by itself."""
        caller.login(alice)
        browser.drop(ACCESS)

        response = browser.post_form(LOGOUT_ALL)

        assert response["Location"] == LOGIN
        assert live() == 0
        # Renewed on the way, and forgotten all the same.
        assert response.cookies[REFRESH]["max-age"] == 0
        reasons = set(TokenFamily.objects.values_list("revoked_reason", flat=True))
        assert reasons == {RevocationReason.LOGOUT_ALL}

    @BOTH
    @pytest.mark.parametrize("value", ["x", None], ids=["garbage", "ended"])
    def test_form_with_dead_cookies_empties_the_jar(
        self, browser: Browser, address: str, value: str | None
    ) -> None:
        """Nobody is kept logged in by what counts for nothing."""
        TokenFamily.objects.update(revoked_at="2026-01-01T00:00:00Z")
        if value is not None:
            browser.keep(ACCESS, value)
            browser.keep(REFRESH, value)

        response = browser.post_form(address)

        assert response.status_code == 302
        assert response["Location"].partition("?")[0] == LOGIN
        assert browser.credentials == {}

    @BOTH
    def test_form_in_a_second_tab_after_the_logout_goes_on(
        self, browser: Browser, address: str
    ) -> None:
        """The CSRF cookie went with the first logout: no reason for an error page."""
        browser.post_form(address)

        response = browser.post_form(address, csrfmiddlewaretoken="of the old page")

        assert response.status_code == 302
        assert response["Location"].partition("?")[0] == LOGIN

    @override_settings(LOGOUT_REDIRECT_URL="/bye/")
    def test_nobody_is_told_that_all_logins_have_ended(self, alice: User) -> None:
        """It is not known whose; the login page asks, and then leads on."""
        response = Browser().post_form(LOGOUT_ALL)

        assert response["Location"] == f"{LOGIN}?next=/bye/"

    @BOTH
    def test_form_tells_django(
        self, browser: Browser, alice: User, heard: Heard, address: str
    ) -> None:
        """Audit packages listen."""
        told = heard(user_logged_out)

        browser.post_form(address)

        (facts,) = told
        assert facts["user"] == alice

    @pytest.mark.requirement("RVK-14")
    @BOTH
    def test_form_asks_the_browser_to_clear_what_is_configured(
        self, browser: Browser, address: str
    ) -> None:
        """The back button shows nothing private."""
        response = browser.post_form(address)

        assert response["Clear-Site-Data"] == '"cache"'
        assert "no-store" in response["Cache-Control"]
        assert attributes(response, ACCESS)["samesite"] == "Strict"

    @BOTH
    @pytest.mark.usefixtures("atomic_requests")
    def test_form_counts_where_requests_are_atomic(
        self, browser: Browser, address: str
    ) -> None:
        """The revocation is not the request's to undo."""
        assert browser.post_form(address).status_code == 302
        assert live() == 0


@pytest.mark.requirement("CSR-02")
class TestForced:
    @BOTH
    @pytest.mark.parametrize(
        "foreign",
        [{"origin": "https://evil.example"}, {"csrfmiddlewaretoken": ""}],
        ids=["origin", "token"],
    )
    def test_form_of_another_site_logs_nobody_out(
        self, browser: Browser, address: str, foreign: dict[str, str]
    ) -> None:
        """With ``SameSite=None`` the cookies come along."""
        assert browser.post_form(address, **foreign).status_code == 403

        assert live() == 1
        assert browser.me().status_code == 200

    @BOTH
    def test_form_of_another_site_without_cookies_forgets_none(
        self, alice: User, address: str
    ) -> None:
        """Strict cookies stay at home, and must not be deleted there either."""
        response = Browser().post_form(address, origin="https://evil.example")

        assert response.status_code == 302
        assert not response.cookies
        assert "Clear-Site-Data" not in response

    def test_form_of_another_site_does_not_count_by_a_session(
        self, browser: Browser, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without token cookies nothing checks the form: a session must not do."""
        monkeypatch.setattr(JWTPrefixMiddleware, "applies", lambda *_: False)
        victim = Browser()
        victim._client.force_login(alice)

        response = victim.post_form(LOGOUT_ALL, origin="https://evil.example")

        assert response["Location"].startswith(LOGIN)
        assert live() == 1
        assert browser.me().status_code == 200

    @BOTH
    def test_link_logs_nobody_out(self, browser: Browser, address: str) -> None:
        """An image tag of another site would be enough."""
        assert browser.get(address, HTTP_ACCEPT=HTML).status_code == 405
        assert live() == 1

    @BOTH
    @pytest.mark.parametrize("accept", [HTML, "text/html"])
    def test_address_that_is_typed_is_405_with_a_word(
        self, browser: Browser, address: str, accept: str
    ) -> None:
        """An empty page, or talk of media types, helps nobody."""
        response = browser.get(address, HTTP_ACCEPT=accept)

        assert response.status_code == 405
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert b"not allowed" in response.content
        assert "frame-ancestors" in response["Content-Security-Policy"]


class TestTools:
    """What asks without a page is answered as before, whatever it accepts."""

    @pytest.mark.parametrize("kind", ["json", "form", "header"])
    def test_token_of_a_tool_is_answered_with_204(
        self, alice: User, caller: Caller, kind: str
    ) -> None:
        """Some HTTP libraries say by default that they like pages."""
        body = caller.login(alice)
        refresh = {"refresh": body["refresh"]}
        sent = {
            "json": {"data": refresh, "content_type": "application/json"},
            "form": {"data": refresh},
            "header": {"HTTP_AUTHORIZATION": f"Bearer {body['access']}"},
        }[kind]

        response = Client().post(LOGOUT, **sent, HTTP_ACCEPT=HTML)

        assert response.status_code == 204
        assert live() == 0

    def test_name_of_other_packages_is_no_page(self, browser: Browser) -> None:
        """Its clients expect an empty object."""
        response = browser.post_form(f"{PREFIX}token/blacklist/")

        assert response.status_code == 200

    def test_form_where_cookies_are_off_is_told_in_json(
        self, alice: User, jwtauth_settings: Callable[..., None]
    ) -> None:
        """There are no pages then."""
        jwtauth_settings(DELIVERY={"bearer"})

        assert Browser().post_form(LOGOUT).status_code == 401

    def test_script_with_an_expired_access_token_is_still_refused(
        self, browser: Browser
    ) -> None:
        """It refreshes by itself; an endpoint renews nothing."""
        browser.drop(ACCESS)

        assert browser.post(LOGOUT_ALL).status_code == 401
        assert TokenFamily.objects.get().generation == 0


@pytest.mark.serial
@pytest.mark.requirement("OPS-02", "RVK-15")
class TestOutage:
    @BOTH
    def test_form_is_503_and_the_cookies_stay(
        self, alice: User, server: EmbeddedValkey, address: str
    ) -> None:
        """Access tokens may live on: the user is to try again."""
        browser = Browser()
        browser.login(alice)
        server.stop()

        response = browser.post_form(address)

        assert response.status_code == 503
        assert response["Retry-After"]
        assert not response.cookies.keys() & {ACCESS, REFRESH}
        assert len(browser.credentials) == 2


@override_settings(CSRF_USE_SESSIONS=True)
def test_csrf_token_in_the_session_dies_with_the_logout(alice: User) -> None:
    """No cookie of ours to delete then; the old page's token must be worth nothing."""
    client = Client(enforce_csrf_checks=True)

    def token() -> str:
        return client.get(f"{PREFIX}csrf/", secure=True).json()["csrf_token"]

    def submit(page: str, token: str, **fields: str) -> int:
        return client.post(
            PREFIX + page,
            {"csrfmiddlewaretoken": token, **fields},
            secure=True,
            HTTP_ORIGIN="https://testserver",
            HTTP_ACCEPT=HTML,
        ).status_code

    submit("login/", token(), username="alice", password=PASSWORD)
    old = token()
    assert submit("logout/", old) == 302

    assert submit("login/", old, username="alice", password=PASSWORD) == 403
