"""The pages of both apps, as every visitor meets them."""

import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import redis
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import URLPattern, get_resolver, reverse
from pytest_django import Settings

from tests.contracts.visitor import CSRF, PASSWORD, SCHEMES, Scheme, Visitor

CHECKOUT = Path(__file__).parents[2]
HANDLE = "A" * 43
BROWSER = {"HTTP_ACCEPT": "text/html"}
FORM = "application/x-www-form-urlencoded"
FILLED_IN = {
    "login": f"username=alice&password={PASSWORD}",
    "reauth_page": f"password={PASSWORD}",
    "account_sessions": "end=others",
    "logout": "next=",
    "logout_all": "next=",
}
PAGES = {"login", "reauth_page", "account_sessions"}


class Forms(HTMLParser):
    """The forms of a page that are sent by POST, with what a user can press."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.visible: dict[str, int] = {}
        self._action: str | None = None
        self.feed(answer.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            is_post = (attributes.get("method") or "").lower() == "post"
            is_used = is_post and "hidden" not in attributes
            self._action = attributes.get("action", "") if is_used else None
        elif tag == "button" and self._action is not None:
            is_submit = attributes.get("type", "submit") == "submit"
            if is_submit and not {"hidden", "disabled"} & attributes.keys():
                self.visible[self._action] = self.visible.get(self._action, 0) + 1


def names(scheme: Scheme) -> Iterator[str]:
    """The name of everything in the app's own URL configuration."""
    for pattern in get_resolver(f"{scheme.name}auth.urls").url_patterns:
        assert isinstance(pattern, URLPattern)
        yield str(pattern.name)


def path_of(scheme: Scheme, name: str) -> str:
    """Where that stands, without the scheme's prefix."""
    args = [HANDLE] if name == "session" else []
    return reverse(f"{scheme.name}:{name}", args=args).removeprefix(f"/{scheme.name}/")


def _below(visitor: Visitor, address: str) -> str:
    """Turn where an answer leads into a path without the scheme's prefix."""
    return address.removeprefix(f"/{visitor.scheme.name}/")


def _send(visitor: Visitor, path: str, form: str) -> HttpResponse:
    return visitor.call("post", path, form, CONTENT_TYPE=FORM, **BROWSER)


@contextmanager
def _every_login_is_old(settings: Settings) -> Iterator[None]:
    """Let the next request come long after the login."""
    before = {name: getattr(settings, name) for name in ("JWTAUTH", "SESSIONAUTH")}
    for name, value in before.items():
        age = {"STEP_UP_MAX_AGE": timedelta(milliseconds=1)}
        setattr(settings, name, {**value, **age})
    time.sleep(0.01)
    yield
    for name, value in before.items():
        setattr(settings, name, value)


def is_page(answer: HttpResponse) -> bool:
    return answer.status_code == 200 and answer["Content-Type"].startswith("text/html")


def every(wanted: Collection[str] | None = None) -> pytest.MarkDecorator:
    """Let a test run for each of these names that an app has, of both apps."""
    cases = [
        (scheme, name)
        for scheme in SCHEMES
        for name in names(scheme)
        if wanted is None or name in wanted
    ]
    return pytest.mark.parametrize(("scheme", "name"), cases, ids=str)


EVERY_GET = every()
EITHER_LOOK = pytest.mark.parametrize("look", ["plain", "demo"])


@pytest.fixture
def look(request: pytest.FixtureRequest, settings: Settings) -> str:
    """The apps' own templates, or those that the demo puts over them."""
    if request.param == "demo":
        settings.STATIC_URL = "static/"
        settings.TEMPLATES = [
            {**template, "DIRS": [CHECKOUT / "templates"]}
            for template in settings.TEMPLATES
        ]
    return str(request.param)


class TestAnonymous:
    @pytest.mark.requirement("SES-20")
    @EVERY_GET
    def test_visit_leaves_no_session_behind(
        self, db: None, scheme: Scheme, name: str, redis_client: redis.Redis
    ) -> None:
        """Bots would fill the store, and a visitor could be followed about."""
        visitor = Visitor(scheme)

        answer = visitor.call("get", path_of(scheme, name), **BROWSER)

        assert answer.status_code < 500
        assert answer.cookies.keys() <= {CSRF}
        assert redis_client.keys("sa:*") == []

    @pytest.mark.requirement("SES-20")
    @EVERY_GET
    def test_visit_with_a_made_up_cookie_leaves_no_session_behind(
        self, db: None, scheme: Scheme, name: str, redis_client: redis.Redis
    ) -> None:
        """Nor is what it shows taken for anything."""
        visitor = Visitor(scheme)
        for cookie in scheme.credentials:
            visitor.client.cookies[cookie] = HANDLE

        answer = visitor.call("get", path_of(scheme, name), **BROWSER)

        assert answer.status_code < 500
        assert answer.cookies.keys() <= {CSRF}
        assert redis_client.keys("sa:*") == []

    @pytest.mark.requirement("SES-20")
    def test_login_makes_the_session(
        self, visitor: Visitor, redis_client: redis.Redis
    ) -> None:
        """Else nothing above would prove anything."""
        assert visitor.credentials
        assert bool(redis_client.keys("sa:*")) is (visitor.scheme.name == "session")

    @every({"account_sessions", "reauth_page"})
    def test_page_of_an_account_leads_to_the_login_page_of_its_mount(
        self, db: None, scheme: Scheme, name: str
    ) -> None:
        """And from there to where the visitor wanted."""
        path = path_of(scheme, name)

        answer = Visitor(scheme).call("get", path, **BROWSER)

        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse(f"{scheme.name}:login"))


class TestLoggedIn:
    @pytest.mark.requirement("SES-21")
    @EVERY_GET
    @EITHER_LOOK
    @pytest.mark.usefixtures("look")
    def test_page_offers_a_logout(self, alice: User, scheme: Scheme, name: str) -> None:
        """A POST form with a button that can be seen, whatever page it is."""
        visitor = Visitor(scheme)
        visitor.log_in()

        answer = visitor.call("get", path_of(scheme, name), **BROWSER)

        if not is_page(answer):
            assert name not in PAGES
            return
        logout = reverse(f"{scheme.name}:logout")
        assert Forms(answer).visible.get(logout, 0) >= 1

    @pytest.mark.requirement("SES-21")
    @every(PAGES)
    def test_logout_of_the_page_works(self, visitor: Visitor, name: str) -> None:
        """The button, pressed."""
        answer = visitor.call("get", path_of(visitor.scheme, name), **BROWSER)
        (logout,) = [action for action in Forms(answer).visible if "logout" in action]

        path = logout.removeprefix(f"/{visitor.scheme.name}/")
        visitor.call("post", path, "next=", CONTENT_TYPE=FORM, **BROWSER)

        assert not visitor.is_logged_in()


class TestForms:
    @pytest.mark.requirement("LGN-04")
    @every(FILLED_IN)
    def test_form_is_answered_with_302(self, visitor: Visitor, name: str) -> None:
        """307 and 308 would let the browser send the password on (RFC 9700 §4.12)."""
        form = FILLED_IN[name]
        path = path_of(visitor.scheme, name)

        answer = visitor.call("post", path, form, CONTENT_TYPE=FORM, **BROWSER)

        assert answer.status_code == 302
        assert "password" not in answer["Location"]

    @pytest.mark.requirement("LGN-05")
    @every({"login", "reauth_page"})
    def test_form_sends_the_password_in_the_body_and_lets_it_be_filled_in(
        self, visitor: Visitor, name: str
    ) -> None:
        """Password managers look for the tokens of ``autocomplete``."""
        answer = visitor.call("get", path_of(visitor.scheme, name), **BROWSER)

        text = answer.content.decode()
        assert text.count('type="password"') == 1
        assert text.count('autocomplete="current-password"') == 1
        assert text.count('autocomplete="username"') == 1
        assert 'autocomplete="off"' not in text
        assert "onpaste" not in text
        assert 'method="get"' not in text.lower()

    @pytest.mark.requirement("LGN-05")
    @pytest.mark.parametrize("method", ["get", "post"])
    @every({"login"})
    def test_credentials_in_the_address_log_nobody_in(
        self, alice: User, stranger: Visitor, name: str, method: str
    ) -> None:
        """Addresses are logged, kept in histories and sent on."""
        stranger.call("get", path_of(stranger.scheme, name), **BROWSER)
        query = f"?username=alice&password={PASSWORD}".replace(" ", "+")
        path = path_of(stranger.scheme, name) + query

        answer = stranger.call(method, path, "next=", CONTENT_TYPE=FORM, **BROWSER)

        assert answer.status_code == 200
        assert "battery" not in answer.content.decode()
        assert stranger.credentials == {}

    @every({"login", "reauth_page"})
    def test_wrong_password_is_linked_to_the_field(
        self, visitor: Visitor, name: str
    ) -> None:
        """A screen reader says it where it can be mended."""
        form = FILLED_IN[name].replace(PASSWORD, "wrong")
        path = path_of(visitor.scheme, name)

        answer = visitor.call("post", path, form, CONTENT_TYPE=FORM, **BROWSER)

        (field,) = re.findall(r'<input type="password"[^>]*>', answer.content.decode())
        assert 'aria-invalid="true"' in field
        assert 'aria-describedby="form-errors"' in field

    @pytest.mark.requirement("LGN-02")
    @every({"login"})
    def test_inactive_user_is_told_what_anybody_is_told(
        self, settings: Settings, stranger: Visitor, alice: User, name: str
    ) -> None:
        """Also where a lenient backend lets them through to the form."""
        settings.AUTHENTICATION_BACKENDS = [
            "django.contrib.auth.backends.AllowAllUsersModelBackend"
        ]
        User.objects.filter(pk=alice.pk).update(is_active=False)
        path = path_of(stranger.scheme, name)
        stranger.call("get", path, **BROWSER)

        told = []
        for form in (FILLED_IN[name], FILLED_IN[name].replace(PASSWORD, "wrong")):
            answer = stranger.call("post", path, form, CONTENT_TYPE=FORM, **BROWSER)
            told.append(re.findall("form-errors.*", answer.content.decode()))

        assert told[0] == told[1] != []

    @every({"logout", "logout_all"})
    def test_unread_message_ends_with_the_login(
        self, visitor: Visitor, name: str
    ) -> None:
        """It must not greet whoever sits there next."""
        sessions = path_of(visitor.scheme, "account_sessions")
        for path, form in (
            (sessions, "end=others"),
            (path_of(visitor.scheme, name), FILLED_IN[name]),
        ):
            visitor.call("post", path, form, CONTENT_TYPE=FORM, **BROWSER)

        login = path_of(visitor.scheme, "login")
        page = visitor.call("get", login, **BROWSER).content.decode()

        assert "All other logins were ended." not in page


class TestStepUp:
    @pytest.mark.requirement("LST-05")
    @pytest.mark.parametrize("messages", [True, False])
    def test_who_confirms_is_told_that_nothing_was_ended_yet(
        self, visitor: Visitor, settings: Settings, *, messages: bool
    ) -> None:
        """Else the list comes back as it was, and it says nothing of why."""
        if not messages:
            mark = "django.contrib.messages"
            settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if mark not in m]
        other = Visitor(visitor.scheme)
        other.log_in()
        sessions = path_of(visitor.scheme, "account_sessions")
        hint = "Nothing was ended yet: press the button once more."

        before = visitor.call("get", sessions, **BROWSER)
        with _every_login_is_old(settings):
            asked = _send(visitor, sessions, "end=others")
        back = _send(
            visitor, _below(visitor, asked["Location"]), f"password={PASSWORD}"
        )
        after = visitor.call("get", _below(visitor, back["Location"]), **BROWSER)
        spared = other.is_logged_in()
        _send(visitor, sessions, "end=others")

        assert hint not in before.content.decode()
        assert f'<p role="status">{hint}</p>' in after.content.decode()
        assert spared
        assert not other.is_logged_in()
        assert visitor.is_logged_in()

    @every({"logout", "logout_all"})
    def test_typed_address_of_a_logout_is_405_in_words(
        self, visitor: Visitor, name: str
    ) -> None:
        """An empty page would look like a broken one; and a link ends nothing."""
        answer = visitor.call("get", path_of(visitor.scheme, name), **BROWSER)

        assert answer.status_code == 405
        assert answer["Content-Type"].startswith("text/plain")
        assert "GET" in answer.content.decode()
        assert visitor.is_logged_in()
