"""Pages by cookie: the user, the refresh in place, outages, links from other sites."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import clear_script_prefix, set_script_prefix

from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.middleware import JWTAuthenticationMiddleware
from jwtauth.models import TokenFamily
from tests.crowd import crowd_of
from tests.jwtauth.browser import ACCESS, REFRESH, Browser
from tests.jwtauth.caller import PASSWORD, PREFIX
from tests.jwtauth.conftest import OTHER_MIDDLEWARE, age

pytestmark = pytest.mark.usefixtures("pages")


class OnlyPrivate(JWTAuthenticationMiddleware):
    """A project's own idea of which pages the cookies decide about."""

    def applies(self, request: HttpRequest) -> bool:
        return request.path.startswith("/private/")


FROM_ANOTHER_SITE = {
    "HTTP_SEC_FETCH_SITE": "cross-site",
    "HTTP_SEC_FETCH_MODE": "navigate",
}


@pytest.fixture
def late(browser: Browser) -> Browser:
    """The same, when the access token is gone."""
    browser.drop(ACCESS)
    return browser


def text_of(browser: Browser, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200, response.content
    return response.content.decode()


class TestUser:
    def test_page_knows_the_user_of_the_cookie(self, browser: Browser) -> None:
        """``request.user`` is the row, as everywhere in Django."""
        assert text_of(browser, "/page/") == "alice"

    def test_page_without_cookies_has_an_anonymous_user(self, alice: User) -> None:
        """Nothing is the matter with that."""
        assert text_of(Browser(), "/page/") == "AnonymousUser"

    def test_page_of_an_async_view_knows_the_user_too(self, browser: Browser) -> None:
        """``request.auser()`` must not be left behind as another's."""
        client = AsyncClient()
        client.cookies.load(browser.credentials)

        response = async_to_sync(client.get)("/async/", secure=True)

        assert response.content == b"alice"

    @pytest.mark.requirement("BRR-07")
    def test_page_that_does_not_ask_costs_nothing(
        self, browser: Browser, round_trips: list[str]
    ) -> None:
        """Neither Redis nor the database, and a cache may keep it."""
        round_trips.clear()

        with CaptureQueriesContext(connection) as queries:
            response = browser.get("/plain/")

        assert (len(queries), round_trips) == (0, [])
        assert "Vary" not in response

    @pytest.mark.requirement("BRR-07")
    def test_page_that_asks_costs_one_query_and_one_round_trip(
        self, browser: Browser, round_trips: list[str]
    ) -> None:
        """As documented."""
        browser.get("/page/")
        round_trips.clear()

        with CaptureQueriesContext(connection) as queries:
            browser.get("/page/")

        assert (len(queries), round_trips) == (1, ["ZMSCORE"])

    @pytest.mark.requirement("CKE-10")
    def test_page_that_asks_varies_by_cookie(self, browser: Browser) -> None:
        """Others get another answer, and so does who brings no cookie."""
        assert browser.get("/page/")["Vary"] == "Cookie"
        assert Browser().get("/page/")["Vary"] == "Cookie"
        assert "Cookie" in browser.get("/me/")["Vary"]

    @pytest.mark.requirement("JWT-12", "RTK-21")
    def test_page_of_a_deactivated_user_is_anonymous(
        self, browser: Browser, alice: User
    ) -> None:
        """The row is checked whenever it is read."""
        User.objects.update(is_active=False)

        assert text_of(browser, "/page/") == "AnonymousUser"

    @pytest.mark.requirement("RVK-03")
    def test_page_after_logout_is_anonymous(self, browser: Browser) -> None:
        """For who kept the cookies, too."""
        kept = browser.credentials
        browser.post(f"{PREFIX}logout/")
        for name, value in kept.items():
            browser.keep(name, value)

        assert text_of(browser, "/page/") == "AnonymousUser"

    def test_page_in_the_session_of_another_user_is_the_cookies(
        self, browser: Browser
    ) -> None:
        """One mechanism decides, never both."""
        User.objects.create_user("bob", password=PASSWORD)
        browser._client.login(username="bob", password=PASSWORD)

        assert text_of(browser, "/page/") == "alice"
        browser.drop(ACCESS, REFRESH)
        assert text_of(browser, "/page/") == "AnonymousUser"

    def test_admin_keeps_djangos_sessions(self, browser: Browser) -> None:
        """A JWT there would make its login page loop."""
        User.objects.create_superuser("root", password=PASSWORD)
        assert browser.get("/admin/").status_code == 302

        browser._client.login(username="root", password=PASSWORD)

        assert browser.get("/admin/").status_code == 200

    def test_admin_of_a_project_below_a_prefix_keeps_djangos_sessions(
        self, browser: Browser
    ) -> None:
        """A server may mount the project below a path: no token opens its admin."""
        User.objects.update(is_staff=True)
        set_script_prefix("/app/")
        try:
            response = browser.get("/admin/", SCRIPT_NAME="/app")
        finally:
            clear_script_prefix()

        assert response.status_code == 302

    def test_api_as_a_page_of_a_deactivated_user_is_refused(
        self, browser: Browser
    ) -> None:
        """The browsable API shows the user: refused before, not a 500 in the middle."""
        User.objects.update(is_active=False)

        response = browser.get("/me/", HTTP_ACCEPT="text/html")

        assert response.status_code == 401


class TestRefreshInPlace:
    @pytest.mark.parametrize("dead", [None, "x.y.z"])
    def test_page_with_a_dead_access_cookie_is_shown(
        self, browser: Browser, dead: str | None
    ) -> None:
        """Nobody is sent to the login page for having read for a while."""
        before = browser.cookie(REFRESH)
        browser.drop(ACCESS)
        if dead:
            browser.keep(ACCESS, dead)

        assert text_of(browser, "/page/") == "alice"
        assert set(browser.credentials) == {ACCESS, REFRESH}
        assert browser.cookie(REFRESH) != before
        assert TokenFamily.objects.get().generation == 1

    def test_page_with_an_expired_access_cookie_is_shown(
        self, alice: User, jwtauth_settings: Callable[..., None]
    ) -> None:
        """The case that comes every fifteen minutes."""
        jwtauth_settings(ACCESS_TOKEN_LIFETIME=timedelta(microseconds=1))
        browser = Browser()
        browser.login(alice)
        jwtauth_settings(
            ACCESS_TOKEN_LIFETIME=timedelta(minutes=15), LEEWAY=timedelta(0)
        )

        assert browser.me().status_code == 200
        assert TokenFamily.objects.get().generation == 1

    def test_page_with_cookies_of_two_logins_is_not_renewed(
        self, alice: User, jwtauth_settings: Callable[..., None]
    ) -> None:
        """One of the two was planted, though its access token has expired."""
        jwtauth_settings(ACCESS_TOKEN_LIFETIME=timedelta(microseconds=1))
        browser, other = Browser(), Browser()
        browser.login(alice)
        other.login(alice)
        jwtauth_settings(
            ACCESS_TOKEN_LIFETIME=timedelta(minutes=15), LEEWAY=timedelta(0)
        )
        browser.keep(ACCESS, other.cookie(ACCESS))

        assert text_of(browser, "/page/") == "AnonymousUser"
        assert not TokenFamily.objects.filter(generation__gt=0).exists()

    def test_page_that_forgets_the_cookies_has_the_last_word(
        self, late: Browser
    ) -> None:
        """A renewal must not bring back what the view has just taken away."""
        late.get("/leave/")

        assert late.credentials == {}

    def test_form_that_took_long_is_not_lost(self, late: Browser) -> None:
        """Rotation comes before the view, for every method."""
        response = late.post_form("/page/", text="twenty minutes of work")

        assert response.content == b"alice twenty minutes of work"

    def test_live_access_cookie_is_not_renewed(self, browser: Browser) -> None:
        """A rotation for every page would be a write for every page."""
        response = browser.get("/page/")

        assert TokenFamily.objects.get().generation == 0
        assert response.cookies == {}

    @pytest.mark.requirement("CKE-10")
    def test_renewed_answer_is_private(self, late: Browser) -> None:
        """A cache that kept it would log others in."""
        response = late.get("/plain/")

        assert response["Cache-Control"] == "no-store"
        assert response["Vary"] == "Cookie"

    @pytest.mark.requirement("RTK-25")
    def test_refused_refresh_is_anonymous_and_leaves_the_cookies(
        self, late: Browser
    ) -> None:
        """Another request may just have won."""
        late.keep(REFRESH, "x" * 100)

        response = late.get("/page/")

        assert response.content == b"AnonymousUser"
        assert not response.cookies.keys() & {ACCESS, REFRESH}

    @pytest.mark.requirement("RTK-27", "CSR-01")
    @pytest.mark.parametrize("path", ["/page/", "/exempt/"])
    def test_cross_site_post_renews_nothing(self, late: Browser, path: str) -> None:
        """Also where the view itself is exempt from the check."""
        late.post(path, csrf="")

        assert TokenFamily.objects.get().generation == 0

    @pytest.mark.requirement("CSR-04", "RTK-30")
    @pytest.mark.parametrize("path", ["csrf/", "token/", "token/refresh/", "logout/"])
    def test_endpoint_never_renews_on_get(self, late: Browser, path: str) -> None:
        """They read the refresh token themselves."""
        late.get(f"{PREFIX}{path}")

        assert TokenFamily.objects.get().generation == 0

    def test_refresh_endpoint_rotates_once(self, late: Browser) -> None:
        """The middleware does not use the token up before the view."""
        assert late.refresh().status_code == 200
        assert TokenFamily.objects.get().generation == 1

    def test_logout_within_the_request_has_the_last_word(self, late: Browser) -> None:
        """A renewal must not bring back what was just forgotten."""
        late.post(f"{PREFIX}logout/all/")

        assert late.post(f"{PREFIX}logout/").status_code == 204
        assert late.credentials == {}

    def test_bearer_header_is_no_reason_to_renew(self, late: Browser) -> None:
        """The header decides about such a request."""
        late.get("/me/", HTTP_AUTHORIZATION="Bearer x.y.z")

        assert TokenFamily.objects.get().generation == 0

    @pytest.mark.usefixtures("atomic_requests")
    def test_page_is_renewed_outside_of_the_requests_transaction(
        self, late: Browser
    ) -> None:
        """A view that fails must not take back what the browser was given."""
        assert text_of(late, "/page/") == "alice"

    @pytest.mark.requirement("RTK-18", "CKE-07")
    def test_login_that_is_over_is_not_renewed(self, late: Browser) -> None:
        """The absolute end is the end."""
        age(timedelta(days=31))

        assert text_of(late, "/page/") == "AnonymousUser"

    @pytest.mark.postgres
    @pytest.mark.serial
    @pytest.mark.requirement("RTK-09", "RTK-25")
    def test_tabs_that_come_back_at_once_all_stay_logged_in(
        self, late: Browser
    ) -> None:
        """One rotates; the others are handed the same successor."""
        # Once before, so that no tab waits for another to fill the denylist.
        late.get("/page/")
        late.drop(ACCESS)
        cookies = late.credentials

        def tab() -> tuple[bytes, str]:
            client = Client(HTTP_USER_AGENT="Browser/1.0")
            client.cookies.load(cookies)
            response = client.get("/page/", secure=True)
            return response.content, client.cookies[REFRESH].value

        with crowd_of(8) as crowd:
            answers = crowd.all_at_once(tab)

        assert {content for content, _ in answers} == {b"alice"}
        assert len({refresh for _, refresh in answers}) == 1
        assert TokenFamily.objects.get().generation == 2


@pytest.mark.serial
@pytest.mark.requirement("OPS-02", "RVK-15")
class TestOutage:
    @pytest.fixture
    def stopped(self, browser: Browser, server: EmbeddedValkey) -> Browser:
        """A browser whose next request finds Redis gone."""
        server.stop()
        return browser

    @pytest.mark.parametrize("path", ["/page/", "/private/", "/hush/", "/async/"])
    def test_page_is_503_and_the_cookies_stay(
        self, stopped: Browser, path: str
    ) -> None:
        """Down is neither logged out nor logged in, whatever a view makes of it."""
        response = stopped.get(path)

        assert response.status_code == 503
        assert response["Retry-After"]
        assert response["Cache-Control"] == "no-store"
        assert response.cookies == {}

    @pytest.mark.parametrize("path", ["/page/", "/private/", "/hush/", "/async/"])
    def test_page_that_was_renewed_sends_the_cookies_with_the_503(
        self, stopped: Browser, server: EmbeddedValkey, path: str
    ) -> None:
        """The rotation counts: who never got it would look like a thief afterwards."""
        stopped.drop(ACCESS)
        assert stopped.get(path).status_code == 503

        server.start()
        age(timedelta(minutes=5))
        stopped.drop(ACCESS)

        assert text_of(stopped, "/page/") == "alice"

    def test_page_that_does_not_ask_is_shown(self, stopped: Browser) -> None:
        """It has no need of Redis."""
        assert stopped.get("/plain/").status_code == 200


class TestLinkFromAnotherSite:
    def test_private_page_reloads_itself_once_and_arrives_logged_in(
        self, browser: Browser
    ) -> None:
        """Strict cookies stay at home on the way in; the reload is of this site."""
        visitor = Browser()

        first = visitor.get("/private/?a=1&b=2", **FROM_ANOTHER_SITE)
        for name, value in browser.credentials.items():
            visitor.keep(name, value)
        second = visitor.get("/private/?a=1&b=2")

        assert first.status_code == 200
        assert b"url=/private/?a=1&amp;b=2" in first.content
        assert first["Cache-Control"] == "no-store"
        assert "default-src 'none'" in first["Content-Security-Policy"]
        assert second.content == b"alice"

    def test_private_page_leads_to_the_login_the_second_time(self, alice: User) -> None:
        """Nobody is kept in a loop, whatever a browser says of the reload."""
        visitor = Browser()
        visitor.get("/private/", **FROM_ANOTHER_SITE)

        response = visitor.get("/private/", **FROM_ANOTHER_SITE)

        assert (response.status_code, response["Location"]) == (
            302,
            "/login/?next=/private/",
        )

    @pytest.mark.parametrize(
        ("path", "headers"),
        [
            ("/page/", FROM_ANOTHER_SITE),
            ("/private/", {}),
            ("/private/", {**FROM_ANOTHER_SITE, "HTTP_SEC_FETCH_MODE": "cors"}),
            ("/private/", {**FROM_ANOTHER_SITE, "HTTP_SEC_FETCH_SITE": "same-origin"}),
        ],
    )
    def test_other_answers_are_left_as_they_are(
        self, alice: User, path: str, headers: dict[str, Any]
    ) -> None:
        """Only a navigation that would end at the login page is held up."""
        assert b"http-equiv" not in Browser().get(path, **headers).content

    def test_lax_cookies_need_no_reload(
        self, alice: User, jwtauth_settings: Callable[..., None]
    ) -> None:
        """They came along: who has none is not logged in."""
        jwtauth_settings(COOKIE_SAMESITE="Lax")

        response = Browser().get("/private/", **FROM_ANOTHER_SITE)

        assert response.status_code == 302


class TestScope:
    @override_settings(
        MIDDLEWARE=[*OTHER_MIDDLEWARE, "tests.jwtauth.test_middleware.OnlyPrivate"]
    )
    def test_path_that_applies_leaves_out_keeps_djangos_user(self, alice: User) -> None:
        """A project may have pages of both kinds."""
        User.objects.create_user("bob", password=PASSWORD)
        browser = Browser()
        browser.login(alice)
        browser._client.login(username="bob", password=PASSWORD)

        assert text_of(browser, "/page/") == "bob"
        assert text_of(browser, "/private/") == "alice"

    def test_middleware_without_cookie_delivery_does_nothing(
        self, browser: Browser, jwtauth_settings: Callable[..., None]
    ) -> None:
        """A way that is off is off."""
        jwtauth_settings(DELIVERY={"bearer"})

        assert text_of(browser, "/page/") == "AnonymousUser"
