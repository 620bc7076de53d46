"""``login/``: the form by which a browser logs in."""

import sys
import threading
from collections.abc import Callable
from html.parser import HTMLParser
from typing import ClassVar

import pytest
from asgiref.sync import async_to_sync
from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import HttpRequest
from django.test import AsyncClient, Client, override_settings
from django.urls import include, path
from django.views.debug import ExceptionReporter
from redis import Redis

from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.forms import CredentialsForm
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.stores import users
from jwtauth.views.login import LoginPage
from tests.conftest import Heard
from tests.jwtauth import second_factor
from tests.jwtauth.browser import (
    ACCESS,
    CSRF,
    REFRESH,
    Browser,
    attributes,
)
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller
from tests.urls import urlpatterns as mounted

LOGIN = f"{PREFIX}login/"
ALONE = [
    "django.middleware.csrf.CsrfViewMiddleware",
    "jwtauth.middleware.JWTAuthenticationMiddleware",
]
"""No sessions, and so none of Django's users either."""
HOME = "/accounts/profile/"
"""Django's ``LOGIN_REDIRECT_URL``."""


class OtpForm(CredentialsForm):
    """A project's own, with a second factor."""

    otp = forms.CharField()

    def clean(self) -> dict[str, object]:
        self.user_cache = authenticate(self.request, **self.cleaned_data)
        if self.user_cache is None:
            raise self.get_invalid_login_error()
        return self.cleaned_data


class OtpPage(LoginPage):
    """The page that shows it."""

    authentication_form = OtpForm


urlpatterns = [
    path("known/", LoginPage.as_view(redirect_authenticated_user=True)),
    path("otp/", OtpPage.as_view()),
    *mounted,
]


class _Alone:
    """The least URL configuration."""

    urlpatterns: ClassVar = [path("", include("jwtauth.urls"))]


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


class LenientBackend(ModelBackend):
    """Lets inactive users in."""

    def user_can_authenticate(self, user: AbstractBaseUser | None) -> bool:
        return True


class LockedOut(ModelBackend):
    """Raises, as guards against guessing do."""

    def authenticate(self, *_: object, **__: object) -> AbstractBaseUser | None:
        raise PermissionDenied


class WaitsForFactor(ModelBackend):
    """Knows the password is right and wants more, as second factors do."""

    def authenticate(
        self, request: HttpRequest | None, **credentials: object
    ) -> AbstractBaseUser | None:
        super().authenticate(request, **credentials)  # type: ignore[arg-type] # the test's
        return None


class TestLogin:
    @pytest.mark.requirement("LGN-04")
    def test_form_logs_in_and_goes_on(self, alice: User) -> None:
        """302 after the POST, so that a reload sends no password again."""
        browser = Browser()

        response = browser.log_in_by_page(alice)

        assert (response.status_code, response["Location"]) == (302, HOME)
        assert browser.me().json()["id"] == alice.pk

    @pytest.mark.parametrize("delivery", [{"cookie"}, {"bearer", "cookie"}])
    def test_form_always_delivers_cookies(
        self,
        alice: User,
        jwtauth_settings: Callable[..., None],
        delivery: set[str],
    ) -> None:
        """A browser keeps nothing else; and no page shows a token."""
        jwtauth_settings(DELIVERY=delivery)
        browser = Browser()

        response = browser.log_in_by_page(alice)

        for name in (ACCESS, REFRESH):
            sent = attributes(response, name)
            assert (sent["httponly"], sent["secure"]) == (True, True)
            assert (sent["samesite"], sent["path"]) == ("Strict", "/")
        assert response.content == b""
        assert "no-store" in response["Cache-Control"]
        assert "Cookie" in response["Vary"]

    def test_page_where_cookies_are_off_is_not_there(
        self, alice: User, jwtauth_settings: Callable[..., None]
    ) -> None:
        """It could log nobody in."""
        jwtauth_settings(DELIVERY={"bearer"})
        client = Client()
        body = {"username": "alice", "password": PASSWORD}

        answers = [client.get(LOGIN), client.post(LOGIN, body)]

        assert {answer.status_code for answer in answers} == {404}
        assert not TokenFamily.objects.exists()

    def test_form_under_asgi_logs_in_too(self, alice: User) -> None:
        """Nothing of it is tied to threads."""
        client = AsyncClient()
        body = {"username": "alice", "password": PASSWORD}

        response = async_to_sync(client.post)(LOGIN, body, secure=True)

        assert response.status_code == 302
        assert response.cookies[ACCESS].value

    def test_form_tells_django_and_keeps_last_login(
        self, alice: User, heard: Heard
    ) -> None:
        """Audit packages listen."""
        told, failed = heard(user_logged_in), heard(user_login_failed)
        browser = Browser()

        browser.log_in_by_page(alice, password="wrong")
        browser.log_in_by_page(alice)

        assert [facts["user"] for facts in told] == [alice]
        assert [facts["credentials"]["username"] for facts in failed] == ["alice"]
        alice.refresh_from_db()
        assert alice.last_login is not None

    def test_form_leaves_no_session_behind(
        self, alice: User, redis_client: Redis
    ) -> None:
        """Tokens need none, and a visitor's would fill the store."""
        browser = Browser()

        browser.log_in_by_page(alice, password="wrong")
        browser.log_in_by_page(alice)

        assert browser.cookie("__Host-sessionid") == ""
        assert redis_client.keys("sa:*") == []

    def test_form_needs_neither_sessions_nor_messages(self, alice: User) -> None:
        """The least that a project of tokens has."""
        browser = Browser()

        with override_settings(
            MIDDLEWARE=ALONE,
            INSTALLED_APPS=[
                "django.contrib.auth",
                "django.contrib.contenttypes",
                "jwtauth",
            ],
            ROOT_URLCONF=_Alone,
            TEMPLATES=[
                {
                    "BACKEND": "django.template.backends.django.DjangoTemplates",
                    "APP_DIRS": True,
                }
            ],
        ):
            assert browser.get("/login/").status_code == 200
            response = browser.post_form("/login/", username="alice", password=PASSWORD)

        assert response.status_code == 302
        assert set(browser.credentials) == {ACCESS, REFRESH}

    @pytest.mark.usefixtures("atomic_requests")
    def test_form_counts_where_requests_are_atomic(self, alice: User) -> None:
        """A login within the request's transaction could still be rolled back."""
        browser = Browser()

        assert browser.log_in_by_page(alice).status_code == 302
        assert browser.log_in_by_page(alice).status_code == 302

        assert TokenFamily.objects.filter(revoked_at=None).count() == 1
        assert browser.me().status_code == 200

    @override_settings(
        MIDDLEWARE=[
            "django.middleware.csrf.CsrfViewMiddleware",
            "sessionauth.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
            "demo_project.middleware.JWTPrefixMiddleware",
        ]
    )
    def test_page_is_open_where_everything_needs_a_login(self, alice: User) -> None:
        """Else the login page would lead to the login page."""
        assert Browser().log_in_by_page(alice).status_code == 302


@pytest.mark.requirement("LGN-03")
class TestNext:
    @pytest.mark.parametrize("target", [LOGIN, f"{LOGIN}?next=/page/"])
    def test_next_never_leads_back_to_the_form(self, alice: User, target: str) -> None:
        """Who has just logged in would take it for a failure."""
        response = Browser().log_in_by_page(alice, next=target)

        assert response["Location"] == HOME

    @override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=ALONE)
    @pytest.mark.parametrize("target", ["/known/", "/known/?next=/known/", "/page/"])
    def test_page_for_who_is_known_sends_on_and_not_in_circles(
        self, alice: User, target: str
    ) -> None:
        """``redirect_authenticated_user``; Django itself would answer 500."""
        browser = Browser()
        browser.log_in_by_page(alice)

        # Renewed in place, as on any page.
        browser.drop(ACCESS)
        response = browser.get(f"/known/?next={target}")

        assert response.status_code == 302
        assert response["Location"] == ("/page/" if target == "/page/" else HOME)


class TestForm:
    @pytest.mark.requirement("LGN-05", "LGN-06")
    def test_page_is_plain_and_complete(self) -> None:
        """No script and no style, labels for readers, autofill and paste."""
        page = Client().get(f"{LOGIN}?next=/page/", secure=True).content
        tags = Tags(page).found
        inputs = {a["name"]: a for t, a in tags if t == "input" and "name" in a}
        labels = {a["for"] for t, a in tags if t == "label"}
        (form,) = [a for t, a in tags if t == "form"]

        assert not {t for t, _ in tags} & {"script", "style"}
        assert not [a for _, a in tags if "style" in a or any(n[:2] == "on" for n in a)]
        assert form["method"] == "post"
        assert "autocomplete" not in form
        assert inputs["username"]["autocomplete"] == "username"
        assert inputs["password"]["autocomplete"] == "current-password"
        assert inputs["password"]["type"] == "password"
        assert {inputs["username"]["id"], inputs["password"]["id"]} <= labels
        assert inputs["next"]["value"] == "/page/"
        assert dict(tags)["html"]["lang"]

    @pytest.mark.requirement("LGN-05")
    def test_credentials_in_the_address_count_for_nothing(self, alice: User) -> None:
        """Addresses are kept in histories and logs; the page repeats none."""
        query = {"username": "alice", "password": PASSWORD}
        client = Client()

        got = client.get(LOGIN, query, secure=True)
        posted = client.post(
            f"{LOGIN}?username=alice&password={PASSWORD}", {}, secure=True
        )

        for response in (got, posted):
            assert response.status_code == 200
            assert PASSWORD.encode() not in response.content
            assert not response.cookies.keys() & {ACCESS, REFRESH}

    @pytest.mark.requirement("LGN-05")
    def test_report_of_a_crash_shows_no_password(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The form, its frames and the request: each holds it for a moment."""
        reports: list[str] = []

        def report(request: HttpRequest, **_: object) -> None:
            reporter = ExceptionReporter(request, *sys.exc_info())
            reports.append(reporter.get_traceback_html())
            reports.append(reporter.get_traceback_text())

        def crash(*_: object, **__: object) -> None:
            raise OperationalError("the database is gone")

        monkeypatch.setattr(users, "lock_unchanged", crash)
        got_request_exception.connect(report)
        try:
            Browser().log_in_by_page(alice)
        finally:
            got_request_exception.disconnect(report)

        assert len(reports) == 2
        for text in reports:
            assert "the database is gone" in text
            assert PASSWORD not in text

    def test_page_is_never_cached(self) -> None:
        """The back button must not show a stale token."""
        assert "no-store" in Client().get(LOGIN, secure=True)["Cache-Control"]

    @pytest.mark.parametrize("name", ["alice", "nobody"])
    @pytest.mark.requirement("LGN-02")
    def test_wrong_password_is_told_and_not_repeated(
        self, alice: User, name: str
    ) -> None:
        """The form says that it failed, the same for everybody."""
        body = {"username": name, "password": "geheim"}

        response = Client().post(LOGIN, body, secure=True)

        assert response.status_code == 200
        assert b"Please enter a correct username and password" in response.content
        assert b"geheim" not in response.content
        assert not response.cookies.keys() & {ACCESS, REFRESH}

    @pytest.mark.requirement("LGN-02")
    def test_refused_user_is_told_what_everybody_is_told(
        self, alice: User, jwtauth_settings: Callable[..., None]
    ) -> None:
        """Neither "inactive" nor the project's own question is for the visitor."""
        jwtauth_settings(USER_CHECK=lambda user: bool(user.first_name))
        pages = []
        with override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.LenientBackend"]):
            for change in ({"is_active": True}, {"is_active": False}):
                User.objects.update(**change)
                body = {"username": "alice", "password": PASSWORD}
                pages.append(Client().post(LOGIN, body, secure=True))

        for response in pages:
            assert b"Please enter a correct username" in response.content
            assert b"inactive" not in response.content
        assert not TokenFamily.objects.exists()

    @pytest.mark.parametrize("backend", ["LockedOut", "WaitsForFactor"])
    def test_backend_that_lets_nobody_in_shows_the_form(
        self, alice: User, backend: str
    ) -> None:
        """Guards and second factors have their say, as everywhere in Django."""
        with override_settings(AUTHENTICATION_BACKENDS=[f"{__name__}.{backend}"]):
            response = Browser().log_in_by_page(alice)

        assert response.status_code == 200
        assert not TokenFamily.objects.exists()


@pytest.mark.requirement("CSR-02")
class TestCsrf:
    def test_form_of_another_site_is_refused(self, alice: User) -> None:
        """Login CSRF makes the victim act in the attacker's account."""
        browser = Browser()

        answers = [
            browser.log_in_by_page(alice, origin="https://evil.example"),
            browser.log_in_by_page(alice, csrfmiddlewaretoken=""),
        ]

        assert [answer.status_code for answer in answers] == [403, 403]
        assert not TokenFamily.objects.exists()

    @pytest.mark.requirement("CSR-03")
    def test_login_rotates_the_csrf_token(self, alice: User) -> None:
        """Who planted one before the login has none after it."""
        browser = Browser()
        browser.get(LOGIN)
        before = browser.cookie(CSRF)

        browser.log_in_by_page(alice)

        assert browser.cookie(CSRF) not in {"", before}
        form = {"csrfmiddlewaretoken": before}
        assert browser.post_form(f"{PREFIX}logout/", **form).status_code == 403


class TestInPlaceOfAnother:
    @pytest.mark.requirement("RVK-03")
    def test_login_ends_the_login_whose_cookies_it_overwrites(
        self, alice: User, bob: User, caller: Caller
    ) -> None:
        """Nobody could log it out any more."""
        browser = Browser()
        browser.log_in_by_page(alice)
        old = browser.credentials

        browser.log_in_by_page(bob)

        assert browser.me().json()["id"] == bob.pk
        assert caller.refresh(old[REFRESH]).status_code == 401
        ended = TokenFamily.objects.get(user=alice)
        assert ended.revoked_reason == RevocationReason.LOGOUT

    @pytest.mark.requirement("RVK-03")
    def test_login_whose_row_is_gone_ends_its_access_token_all_the_same(
        self, alice: User, bob: User, caller: Caller
    ) -> None:
        """A restored backup may lack the row; who copied the token must not keep it."""
        browser = Browser()
        browser.log_in_by_page(alice)
        old = browser.credentials[ACCESS]
        # The shard is known from now on: only the entry can tell.
        assert caller.me(old).status_code == 200
        TokenFamily.objects.all().delete()

        browser.log_in_by_page(bob)

        assert caller.me(old).status_code == 401
        assert browser.me().json()["id"] == bob.pk

    @pytest.mark.requirement("RVK-03")
    def test_login_that_overwrites_no_cookies_ends_nothing(self, alice: User) -> None:
        """A bearer login leaves the jar as it is: the browser is still logged in."""
        browser = Browser()
        browser.log_in_by_page(alice)
        body = {"username": "alice", "password": PASSWORD, "delivery": "bearer"}

        response = browser.post(f"{PREFIX}token/", body)

        assert response.status_code == 200
        assert response.json()["refresh"]
        assert browser.me().status_code == 200
        assert TokenFamily.objects.filter(revoked_at=None).count() == 2

    def test_login_that_is_refused_ends_nothing(self, alice: User) -> None:
        """A slip of the finger logs nobody out."""
        browser = Browser()
        browser.log_in_by_page(alice)

        browser.log_in_by_page(alice, password="wrong")

        assert browser.me().status_code == 200

    def test_login_sees_a_hash_that_changed_meanwhile(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another login at the same moment stored the password anew."""
        lock = users.lock_unchanged
        calls: list[None] = []

        def rehashed(*args: object, **kwargs: object) -> object:
            if not calls:
                fresh = User.objects.get(pk=alice.pk)
                fresh.set_password(PASSWORD)
                User.objects.filter(pk=alice.pk).update(password=fresh.password)
            calls.append(None)
            return lock(*args, **kwargs)  # type: ignore[arg-type] # passed on

        monkeypatch.setattr(users, "lock_unchanged", rehashed)

        assert Browser().log_in_by_page(alice).status_code == 302
        assert len(calls) == 2

    def test_login_with_a_password_that_changed_meanwhile_is_refused(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A login begun with the old password must not outlive its change."""
        lock = users.lock_unchanged

        def changed(*args: object, **kwargs: object) -> object:
            fresh = User.objects.get(pk=alice.pk)
            fresh.set_password("another one")
            User.objects.filter(pk=alice.pk).update(password=fresh.password)
            return lock(*args, **kwargs)  # type: ignore[arg-type] # passed on

        monkeypatch.setattr(users, "lock_unchanged", changed)
        response = Browser().log_in_by_page(alice)

        assert response.status_code == 200
        assert b"Please enter a correct username" in response.content
        assert not TokenFamily.objects.exists()


@pytest.mark.requirement("LST-04")
class TestLimit:
    @pytest.fixture(autouse=True)
    def _one_denied(self, jwtauth_settings: Callable[..., None]) -> None:
        jwtauth_settings(MAX_SESSIONS_PER_USER=1, SESSION_LIMIT_POLICY="deny")

    def test_one_too_many_is_offered_a_second_button(self, alice: User) -> None:
        """The password was right: it is for the user to say what ends."""
        first, second = Browser(), Browser()
        first.log_in_by_page(alice)

        refused = second.log_in_by_page(alice)
        statuses = [first.me().status_code, second.me().status_code]
        (button,) = [
            a
            for t, a in Tags(refused.content).found
            if t == "button" and a.get("name") == "end_oldest"
        ]
        accepted = second.log_in_by_page(alice, end_oldest=str(button["value"]))

        assert refused.status_code == 200
        assert b"as many devices as allowed" in refused.content
        assert b"Log in and end the oldest login" in refused.content
        assert statuses == [200, 401]
        assert accepted.status_code == 302
        assert [first.me().status_code, second.me().status_code] == [401, 200]

    def test_second_button_with_a_wrong_password_ends_nothing(
        self, alice: User
    ) -> None:
        """Else whoever knows a name could log its owner out."""
        browser = Browser()
        browser.log_in_by_page(alice)

        response = Browser().log_in_by_page(alice, password="wrong", end_oldest="on")

        assert b"as many devices" not in response.content
        assert browser.me().status_code == 200

    @pytest.mark.parametrize("again", ["log_in_by_page", "try_login"])
    def test_login_again_in_the_same_browser_is_never_refused(
        self, alice: User, again: str
    ) -> None:
        """It takes the place of its own login; by JSON as well."""
        browser = Browser()
        browser.log_in_by_page(alice)

        assert getattr(browser, again)(alice).status_code in {200, 302}

        assert browser.me().status_code == 200
        assert TokenFamily.objects.filter(revoked_at=None).count() == 1

    def test_refused_login_leaves_that_of_another_user_alone(
        self, alice: User, bob: User
    ) -> None:
        """Nothing ends for a login that does not begin."""
        browser = Browser()
        browser.log_in_by_page(bob)
        Browser().log_in_by_page(alice)

        assert browser.log_in_by_page(alice).status_code == 200

        assert browser.me().json()["id"] == bob.pk

    @pytest.mark.serial
    def test_logins_again_at_once_are_one_login(self, alice: User) -> None:
        """Two tabs of one browser that both log in hold the limit, and none hangs."""
        first = Browser()
        first.log_in_by_page(alice)
        tabs = [Browser() for _ in range(4)]
        for tab in tabs:
            for name in (ACCESS, REFRESH, CSRF):
                tab.keep(name, first.cookie(name))
        statuses: list[int] = []

        def submit(tab: Browser) -> None:
            from django.db import connection  # noqa: PLC0415 # this thread's own

            body = {"username": "alice", "password": PASSWORD}
            statuses.append(tab.post_form(LOGIN, **body).status_code)
            connection.close()

        threads = [threading.Thread(target=submit, args=(tab,)) for tab in tabs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)

        assert sorted(statuses) == [200, 200, 200, 302]
        assert TokenFamily.objects.filter(revoked_at=None).count() == 1


@pytest.mark.serial
@pytest.mark.requirement("OPS-02", "RVK-15")
class TestOutage:
    def test_page_of_who_may_be_logged_in_is_503_and_the_cookies_stay(
        self, alice: User, server: EmbeddedValkey
    ) -> None:
        """Whether "You are logged in" is to be shown can't be known."""
        browser = Browser()
        browser.log_in_by_page(alice)
        server.stop()

        response = browser.get(LOGIN)

        assert response.status_code == 503
        assert response["Retry-After"]
        assert not response.cookies.keys() & {ACCESS, REFRESH}


@override_settings(
    ROOT_URLCONF=__name__, AUTHENTICATION_BACKENDS=[second_factor.BACKEND]
)
@pytest.mark.parametrize(("otp", "status"), [("42", 302), ("43", 200)])
def test_form_of_the_project_says_what_is_asked_for(
    alice: User, otp: str, status: int
) -> None:
    """A second factor needs a field, as ``LOGIN_SERIALIZER`` gives it to JSON."""
    browser = Browser()
    browser.get("/otp/")

    response = browser.post_form("/otp/", username="alice", password=PASSWORD, otp=otp)

    assert response.status_code == status
    assert TokenFamily.objects.exists() == (status == 302)
