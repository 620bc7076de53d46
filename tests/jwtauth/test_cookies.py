"""Tokens in cookies: flags, precedence, CSRF, what is refused and what is forgotten."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import override_settings

from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.models import TokenFamily
from tests.jwtauth.browser import (
    ACCESS,
    CSRF,
    REFRESH,
    Browser,
    attributes,
    get_with_cookies,
)
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller

ME = "/jwt/api/me/"
WEEK = 7 * 24 * 3600


class TestLogin:
    @pytest.mark.requirement("CKE-01", "CKE-03", "CKE-04", "RTK-26")
    @pytest.mark.parametrize("name", [ACCESS, REFRESH])
    def test_login_sets_cookies_that_no_script_reads(
        self, alice: User, name: str
    ) -> None:
        """HttpOnly, Secure, Strict, one host, every path: the whole of the prefix."""
        response = Browser().login(alice)

        assert attributes(response, name) == {
            "expires": response.cookies[name]["expires"],
            "max-age": WEEK,
            "path": "/",
            "secure": True,
            "httponly": True,
            "samesite": "Strict",
        }

    @pytest.mark.requirement("CKE-03", "RTK-26")
    def test_login_body_holds_no_token(self, alice: User) -> None:
        """What a script could read, it could send away."""
        response = Browser().login(alice)

        assert response.json() == {"expires_in": 900, "refresh_expires_in": WEEK}

    @pytest.mark.requirement("CKE-10", "BRR-06")
    def test_login_answer_is_private(self, alice: User) -> None:
        """A cache that kept it would log others in."""
        response = Browser().login(alice)

        assert response["Cache-Control"] == "no-store"
        assert "Cookie" in response["Vary"]

    @pytest.mark.requirement("CSR-02")
    def test_login_without_csrf_token_is_refused(self, alice: User) -> None:
        """Another site must not log somebody in as its own user."""
        browser = Browser()

        response = browser.post(
            f"{PREFIX}token/",
            {"username": "alice", "password": PASSWORD, "delivery": "cookie"},
        )

        assert response.status_code == 403
        assert not TokenFamily.objects.exists()

    @pytest.mark.requirement("CSR-03")
    def test_login_rotates_the_csrf_token(self, alice: User) -> None:
        """A token that somebody planted before the login is worth nothing after."""
        browser = Browser()
        browser.get(f"{PREFIX}csrf/")
        before = browser.cookie(CSRF)

        browser.login(alice)

        assert browser.cookie(CSRF) not in {"", before}

    @pytest.mark.requirement("RVK-03")
    def test_login_ends_the_login_whose_cookies_it_overwrites(
        self, alice: User, caller: Caller
    ) -> None:
        """A late answer would put the tokens of one over those of the next user."""
        User.objects.create_user("bob", password=PASSWORD)
        browser = Browser()
        browser.login(alice)
        old = browser.credentials

        browser.login(User.objects.get(username="bob"))

        assert browser.me().status_code == 200
        assert get_with_cookies("/jwt/api/me/", *old.items()).status_code == 401
        assert caller.refresh(old[REFRESH]).status_code == 401

    def test_login_that_is_refused_ends_nothing(self, alice: User) -> None:
        """A slip of the finger logs nobody out."""
        browser = Browser()
        browser.login(alice)
        wrong = {"username": "alice", "password": "wrong", "delivery": "cookie"}

        assert browser.post(f"{PREFIX}token/", wrong).status_code == 401

        assert browser.me().status_code == 200

    @pytest.mark.serial
    @pytest.mark.requirement("OPS-02")
    def test_login_in_place_of_another_while_redis_is_down_is_a_login(
        self, alice: User, server: EmbeddedValkey
    ) -> None:
        """The row of the old one has ended; jwtauth_purge does the rest."""
        browser = Browser()
        browser.login(alice)
        server.stop()

        browser.login(alice)

        assert TokenFamily.objects.filter(revoked_at=None).count() == 1

    def test_login_by_a_way_that_is_off_is_a_400(
        self, alice: User, caller: Caller, jwtauth_settings: Callable[..., None]
    ) -> None:
        """The default must not take its place unasked."""
        jwtauth_settings(DELIVERY={"cookie"})

        response = caller.post(
            "token/",
            {"username": "alice", "password": PASSWORD, "delivery": "bearer"},
        )

        assert response.status_code == 400
        assert "delivery" in response.json()

    def test_login_with_cookies_alone_needs_no_choice(
        self, alice: User, jwtauth_settings: Callable[..., None]
    ) -> None:
        """One way is on: it is the way."""
        jwtauth_settings(DELIVERY={"cookie"})
        browser = Browser()
        browser.get(f"{PREFIX}csrf/")

        response = browser.post(
            f"{PREFIX}token/", {"username": "alice", "password": PASSWORD}
        )

        assert response.status_code == 200
        assert set(browser.credentials) == {ACCESS, REFRESH}


class TestCall:
    def test_call_with_the_cookie_is_authenticated(
        self, browser: Browser, alice: User
    ) -> None:
        """The browser sends it by itself."""
        assert browser.me().json()["id"] == alice.pk

    @pytest.mark.requirement("CSR-01", "CSR-06")
    @pytest.mark.parametrize("path", ["/jwt/api/notes/", "/jwt/auth/logout/all/"])
    @pytest.mark.parametrize(
        "content_type",
        ["application/json", "text/plain", "application/x-www-form-urlencoded"],
    )
    def test_unsafe_call_without_csrf_token_is_refused(
        self, browser: Browser, path: str, content_type: str
    ) -> None:
        """The cookie comes with every request, whoever wrote it."""
        response = browser.post(path, {}, csrf="", CONTENT_TYPE=content_type)

        assert response.status_code == 403
        assert TokenFamily.objects.get().revoked_at is None

    @pytest.mark.requirement("CSR-03")
    def test_unsafe_call_with_the_csrf_token_of_another_browser_is_refused(
        self, browser: Browser
    ) -> None:
        """A token is good for the browser that it was given to."""
        other = Browser()
        other.get(f"{PREFIX}csrf/")

        response = browser.post("/jwt/api/notes/", csrf=other.cookie(CSRF))

        assert response.status_code == 403

    @pytest.mark.requirement("CSR-05")
    @pytest.mark.parametrize("origin", ["https://evil.test", "null"])
    def test_unsafe_call_from_another_origin_is_refused(
        self, browser: Browser, origin: str
    ) -> None:
        """Even with the right token."""
        response = browser.post("/jwt/api/notes/", {"text": "x"}, HTTP_ORIGIN=origin)

        assert response.status_code == 403

    def test_unsafe_call_with_csrf_token_counts(self, browser: Browser) -> None:
        """The site's own scripts."""
        response = browser.post("/jwt/api/notes/", {"text": "x"})

        assert response.status_code == 201, response.content

    @pytest.mark.requirement("CSR-01", "BRR-03")
    def test_unsafe_call_with_bearer_token_needs_no_csrf_token(
        self, alice: User, caller: Caller
    ) -> None:
        """No browser sends it by itself."""
        access = caller.login(alice)["access"]

        response = Client(enforce_csrf_checks=True).post(
            "/jwt/api/notes/",
            {"text": "x"},
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {access}",
        )

        assert response.status_code == 201

    @pytest.mark.requirement("BRR-03")
    def test_header_wins_over_the_cookie(self, browser: Browser, bob: User) -> None:
        """Two ways are never merged: the explicit one counts."""
        access = Caller().login(bob)["access"]

        response = browser.get(ME, HTTP_AUTHORIZATION=f"Bearer {access}")

        assert response.json()["id"] == bob.pk

    @pytest.mark.requirement("BRR-03", "BRR-08")
    @pytest.mark.parametrize("header", ["Bearer x.y.z", "Bearer", "Bearer a b"])
    def test_bad_header_never_falls_through_to_the_cookie(
        self, browser: Browser, header: str
    ) -> None:
        """Otherwise a wrong token would act as whoever sits at the browser."""
        assert browser.get(ME, HTTP_AUTHORIZATION=header).status_code == 401

    @pytest.mark.requirement("BRR-03", "BRR-08")
    def test_header_where_bearer_is_off_is_nobody(
        self,
        alice: User,
        browser: Browser,
        caller: Caller,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """It is not for us, and the cookie does not stand in for it."""
        access = caller.login(alice)["access"]
        jwtauth_settings(DELIVERY={"cookie"})

        response = browser.get(ME, HTTP_AUTHORIZATION=f"Bearer {access}")

        assert response.status_code == 401

    def test_cookie_where_cookies_are_off_is_nobody(
        self, browser: Browser, jwtauth_settings: Callable[..., None]
    ) -> None:
        """A way that is off is off for what was issued before, too."""
        jwtauth_settings(DELIVERY={"bearer"})

        assert browser.me().status_code == 401

    @pytest.mark.requirement("CKE-09")
    @pytest.mark.parametrize("order", [1, -1])
    def test_cookie_that_comes_twice_is_refused(
        self, browser: Browser, order: int
    ) -> None:
        """A neighbouring domain may add one, before or after."""
        pairs = [(ACCESS, browser.cookie(ACCESS)), (ACCESS, "planted")]

        response = get_with_cookies(ME, *pairs[::order])

        assert response.status_code == 401

    @pytest.mark.requirement("CKE-09", "CKE-11")
    @pytest.mark.parametrize(
        "name", ["access-token", "__host-access-token", "__HOST-access-token"]
    )
    def test_cookie_without_the_exact_name_is_not_read(
        self, browser: Browser, name: str
    ) -> None:
        """Browsers guard the prefix in one spelling only."""
        response = get_with_cookies(ME, (name, browser.cookie(ACCESS)))

        assert response.status_code == 401

    def test_cookies_of_two_logins_are_refused(
        self, browser: Browser, bob: User
    ) -> None:
        """One of them was planted."""
        other = Browser()
        other.login(bob)
        browser.keep(ACCESS, other.cookie(ACCESS))

        assert browser.me().status_code == 401
        assert browser.refresh().status_code == 401
        assert TokenFamily.objects.filter(generation__gt=0).count() == 0

    @pytest.mark.requirement("BRR-04")
    def test_dead_cookie_is_told_from_none(self, browser: Browser) -> None:
        """RFC 6750 §3: a client must know whether to refresh or to log in."""
        browser.keep(ACCESS, "x.y.z")
        browser.drop(REFRESH)

        assert 'error="invalid_token"' in browser.me()["WWW-Authenticate"]
        assert "error" not in Browser().me()["WWW-Authenticate"]


class TestRefresh:
    @pytest.mark.requirement("RTK-06", "RTK-26", "CKE-03")
    def test_refresh_by_cookie_answers_by_cookie(self, browser: Browser) -> None:
        """The way it was asked; no token in the body."""
        before = browser.credentials

        response = browser.refresh()

        assert response.status_code == 200
        assert set(response.json()) == {"expires_in", "refresh_expires_in"}
        assert browser.credentials.keys() == before.keys()
        assert not set(browser.credentials.values()) & set(before.values())
        assert browser.me().status_code == 200

    @pytest.mark.requirement("CKE-07", "RTK-19", "TMO-02")
    def test_refresh_near_the_end_cookies_end_with_the_login(
        self, browser: Browser
    ) -> None:
        """A cookie that outlives its login only promises what is not kept."""
        TokenFamily.objects.update(absolute_expires_at=Now() + timedelta(seconds=100))

        response = browser.refresh()

        for name in (ACCESS, REFRESH):
            assert 90 <= attributes(response, name)["max-age"] <= 100

    @pytest.mark.requirement("RTK-27", "CSR-01")
    def test_refresh_by_cookie_without_csrf_token_rotates_nothing(
        self, browser: Browser
    ) -> None:
        """Another site could end a login by rotating what it can't read."""
        response = browser.refresh(csrf="")

        assert response.status_code == 403
        assert TokenFamily.objects.get().generation == 0

    @pytest.mark.requirement("RTK-27")
    def test_refresh_by_body_needs_no_csrf_token(
        self, alice: User, caller: Caller
    ) -> None:
        """Who has the token has no need of a browser to send it."""
        refresh = caller.login(alice)["refresh"]

        response = Client(enforce_csrf_checks=True).post(
            f"{PREFIX}token/refresh/", {"refresh": refresh}
        )

        assert response.status_code == 200

    def test_refresh_by_header_answers_by_body(
        self, alice: User, caller: Caller
    ) -> None:
        """Some clients put whichever token they have there."""
        refresh = caller.login(alice)["refresh"]

        response = caller.post("token/refresh/", bearer=refresh)

        assert response.status_code == 200
        assert response.json()["refresh"] != refresh

    def test_refresh_by_body_beside_an_access_token_in_the_header_counts(
        self, alice: User, caller: Caller
    ) -> None:
        """Clients send the access token with every call."""
        body = caller.login(alice)

        response = caller.post(
            "token/refresh/", {"refresh": body["refresh"]}, bearer=body["access"]
        )

        assert response.status_code == 200

    @pytest.mark.requirement("BRR-03")
    def test_refresh_cookie_beside_a_bearer_header_is_not_read(
        self, browser: Browser, alice: User, caller: Caller
    ) -> None:
        """The header says who is asking; the cookie may be of somebody else."""
        access = caller.login(alice)["access"]

        response = browser.refresh(HTTP_AUTHORIZATION=f"Bearer {access}")

        assert response.status_code == 401
        assert not TokenFamily.objects.filter(generation__gt=0).exists()

    @pytest.mark.requirement("BRR-05")
    def test_refresh_with_two_different_tokens_is_a_400(
        self, alice: User, caller: Caller
    ) -> None:
        """RFC 6750 §3.1: neither is used."""
        one, other = caller.login(alice), caller.login(alice)

        response = caller.post(
            "token/refresh/", {"refresh": one["refresh"]}, bearer=other["refresh"]
        )

        assert response.status_code == 400
        assert response.json()["code"] == "invalid_request"
        assert not TokenFamily.objects.filter(generation__gt=0).exists()

    @pytest.mark.requirement("RTK-28")
    def test_access_token_in_the_refresh_cookie_is_refused(
        self, browser: Browser
    ) -> None:
        """And the other way round: each has one use."""
        access, refresh = browser.cookie(ACCESS), browser.cookie(REFRESH)
        browser.keep(REFRESH, access)
        browser.keep(ACCESS, refresh)

        assert browser.me().status_code == 401
        assert browser.refresh().status_code == 401

    @pytest.mark.requirement("RTK-25")
    def test_refused_refresh_leaves_the_cookies_alone(self, browser: Browser) -> None:
        """The answer of a loser must not take away what the winner was given."""
        browser.keep(REFRESH, "x" * 100)

        response = browser.refresh()

        assert response.status_code == 401
        assert not response.cookies.keys() & {ACCESS, REFRESH}

    def test_refresh_body_is_not_read_where_bearer_is_off(
        self, browser: Browser, jwtauth_settings: Callable[..., None]
    ) -> None:
        """In cookie mode no script needs a token, so none may bring one."""
        jwtauth_settings(DELIVERY={"cookie"})
        refresh = browser.cookie(REFRESH)
        browser.drop(REFRESH)

        response = browser.post(f"{PREFIX}token/refresh/", {"refresh": refresh})

        assert response.status_code == 401
        assert TokenFamily.objects.get().generation == 0


class TestLogout:
    @pytest.mark.requirement("RVK-13", "CSR-03")
    def test_logout_empties_the_jar_and_ends_the_login(self, browser: Browser) -> None:
        """With the attributes that the cookies were set with; the CSRF token too."""
        before = browser.credentials

        response = browser.post(f"{PREFIX}logout/")

        assert response.status_code == 204
        assert browser.credentials == {}
        assert browser.cookie(CSRF) == ""
        for name in (ACCESS, REFRESH):
            forgotten = attributes(response, name)
            assert (forgotten["path"], forgotten["secure"]) == ("/", True)
            assert forgotten["samesite"] == "Strict"
            browser.keep(name, before[name])
        assert browser.me().status_code == 401

    @pytest.mark.requirement("RVK-13")
    def test_logout_twice_is_no_error_in_a_browser(
        self, browser: Browser, jwtauth_settings: Callable[..., None]
    ) -> None:
        """What was asked for holds already."""
        jwtauth_settings(DELIVERY={"cookie"})

        statuses = [browser.post(f"{PREFIX}logout/").status_code for _ in range(2)]

        assert statuses == [204, 204]

    @pytest.mark.requirement("RVK-13")
    def test_logout_with_cookies_that_are_not_genuine_empties_the_jar(
        self, browser: Browser
    ) -> None:
        """Nobody is kept logged in by what counts for nothing."""
        browser.keep(ACCESS, "x")
        browser.keep(REFRESH, "y")

        response = browser.post(f"{PREFIX}logout/")

        assert response.status_code == 204
        assert browser.credentials == {}

    @pytest.mark.requirement("CSR-02", "RTK-27")
    def test_logout_without_csrf_token_is_refused(self, browser: Browser) -> None:
        """Another site must not log anybody out."""
        response = browser.post(f"{PREFIX}logout/", csrf="")

        assert response.status_code == 403
        assert TokenFamily.objects.get().revoked_at is None

    @pytest.mark.requirement("RVK-14")
    def test_logout_asks_the_browser_to_clear_what_is_configured(
        self, alice: User, jwtauth_settings: Callable[..., None]
    ) -> None:
        """The back button shows nothing private."""
        answers = []
        for parts in (("cache",), ("cache", "storage"), ()):
            jwtauth_settings(CLEAR_SITE_DATA=parts)
            browser = Browser()
            browser.login(alice)
            answers.append(browser.post(f"{PREFIX}logout/"))

        assert [answer.get("Clear-Site-Data") for answer in answers] == [
            '"cache"',
            '"cache", "storage"',
            None,
        ]

    def test_logout_with_cookies_of_two_logins_ends_both(
        self, browser: Browser, alice: User
    ) -> None:
        """Whoever they are of: this browser leaves."""
        other = Browser()
        other.login(alice)
        browser.keep(ACCESS, other.cookie(ACCESS))

        browser.post(f"{PREFIX}logout/")

        assert not TokenFamily.objects.filter(revoked_at=None).exists()

    def test_logout_with_bearer_tokens_of_two_logins_is_a_400(
        self, alice: User, caller: Caller
    ) -> None:
        """One of the two would go on, unnoticed."""
        one, other = caller.login(alice), caller.login(alice)

        response = caller.post(
            "logout/", {"refresh": one["refresh"]}, bearer=other["access"]
        )

        assert response.status_code == 400
        assert not TokenFamily.objects.exclude(revoked_at=None).exists()

    def test_logout_by_bearer_leaves_cookies_alone(
        self, browser: Browser, alice: User, caller: Caller
    ) -> None:
        """They are of another login."""
        access = caller.login(alice)["access"]

        response = browser.post(
            f"{PREFIX}logout/", HTTP_AUTHORIZATION=f"Bearer {access}"
        )

        assert response.status_code == 204
        assert not response.cookies.keys() & {ACCESS, REFRESH}
        assert browser.me().status_code == 200

    def test_logout_all_forgets_the_cookies(self, browser: Browser) -> None:
        """This login has ended, too."""
        response = browser.post(f"{PREFIX}logout/all/")

        assert response.status_code == 204
        assert browser.credentials == {}


class TestCsrfEndpoint:
    def test_token_of_the_body_is_the_one_that_counts(self, alice: User) -> None:
        """With ``CSRF_COOKIE_HTTPONLY`` a script can't read the cookie."""
        browser = Browser()

        token = browser.get(f"{PREFIX}csrf/").json()["csrf_token"]
        response = browser.post(
            f"{PREFIX}token/",
            {"username": "alice", "password": PASSWORD, "delivery": "cookie"},
            csrf=token,
        )

        assert response.status_code == 200

    @pytest.mark.requirement("CSR-07")
    def test_token_is_for_this_site_and_no_cache(self) -> None:
        """Another site's script must not read it; nor another visitor."""
        response = Client().get(f"{PREFIX}csrf/", HTTP_ORIGIN="https://evil.test")

        assert "Access-Control-Allow-Origin" not in response
        assert response["Cache-Control"] == "no-store"
        assert "Cookie" in response["Vary"]


class TestNames:
    @pytest.mark.requirement("CKE-02")
    @override_settings(ROOT_URLCONF="tests.jwtauth.urls")
    def test_cookies_go_by_the_names_of_the_settings(
        self, alice: User, jwtauth_settings: Callable[..., None]
    ) -> None:
        """Browsers that know ``__Host-Http-`` keep scripts from setting it, too."""
        names = ("__Host-Http-access", "__Host-Http-refresh")
        jwtauth_settings(ACCESS_COOKIE_NAME=names[0], REFRESH_COOKIE_NAME=names[1])
        browser = Browser()

        response = browser.login(alice)

        assert set(names) < response.cookies.keys()
        assert all(response.cookies[name]["httponly"] for name in names)
        assert browser.me().status_code == 200
