"""A German browser sees German pages, in both apps; whoever else sees English ones."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import deactivate, override

from tests.contracts.visitor import PASSWORD, Scheme

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
GERMAN_INSTANT = re.compile(r">(\d{1,2}\. \w+ \d{4} \d{1,2}:\d{2}) \w+</time>")


class Browser:
    """Shows pages in the language that its user prefers."""

    def __init__(self, scheme: Scheme, language: str) -> None:
        self._scheme = scheme
        headers = {"accept-language": language, "user-agent": FIREFOX}
        self._client = Client(headers={**headers, "accept": "text/html"})

    def get(self, path: str) -> str:
        """Return a page."""
        return self._page(self._client.get(self._url(path), secure=True))

    def post(self, path: str, **form: str) -> str:
        """Return the page that a form leads to."""
        answer = self._client.post(self._url(path), form, secure=True, follow=True)
        return self._page(answer)

    def log_in(self) -> None:
        """Log in by the page."""
        form = {"username": "alice", "password": PASSWORD}
        answer = self._client.post(self._url("login/"), form, secure=True)
        assert answer.status_code == 302, answer.content

    def _url(self, path: str) -> str:
        return f"/{self._scheme.name}/auth/{path}"

    def _page(self, answer: HttpResponse) -> str:
        assert answer.status_code == 200, answer.content
        return answer.content.decode()


@pytest.fixture(autouse=True)
def _languages(settings: LazySettings) -> Iterator[None]:
    """Ask the browser for its language, as Django's documentation says."""
    after = settings.MIDDLEWARE.index("sessionauth.middleware.SessionMiddleware") + 1
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[:after],
        "django.middleware.locale.LocaleMiddleware",
        *settings.MIDDLEWARE[after:],
    ]
    yield
    # It leaves the language of the last request to whoever runs in this thread next.
    deactivate()


@pytest.fixture
def german(scheme: Scheme, alice: User) -> Browser:
    return Browser(scheme, "de-DE,de;q=0.9,en;q=0.5")


class TestGerman:
    def test_login_page_is_german(self, german: Browser) -> None:
        """Heading, labels and button; and readers are told how to pronounce them."""
        page = german.get("login/")

        assert '<html lang="de">' in page
        assert "<h1>Anmelden</h1>" in page
        assert "Benutzername:</label>" in page
        assert ">Anmelden</button>" in page
        assert "Log in" not in page

    def test_refusal_is_german(self, german: Browser) -> None:
        """A title that begins with the error is what a reader says first."""
        page = german.post("login/", username="alice", password="geheim")

        assert re.search(r"<title>Fehler: Anmelden", page)
        assert re.search(r'role="alert".*Bitte Benutzername', page, re.DOTALL)

    def test_step_up_page_and_its_refusal_are_german(self, german: Browser) -> None:
        """The same on the page that asks again."""
        german.log_in()

        page = german.get("account/reauth/")
        refused = german.post("account/reauth/", password="geheim")

        assert "<h1>Bestätigen Sie, dass Sie es sind</h1>" in page
        assert "Sie sind angemeldet als alice." in page
        assert re.search(
            r'role="alert".*Das ist nicht das richtige Passwort\.', refused, re.DOTALL
        )

    def test_list_of_logins_is_german_down_to_the_dates(self, german: Browser) -> None:
        """Devices are named in words, and words have languages."""
        german.log_in()

        page = german.get("account/sessions/")

        assert "<h1>Wo Sie angemeldet sind</h1>" in page
        assert "Firefox auf Linux" in page
        assert "Dieses Gerät" in page
        assert ">Hier abmelden</button>" in page
        instants = GERMAN_INSTANT.findall(page)
        with override("de"):
            assert date_format(localtime(datetime.now(UTC)), "F") in instants[0]
        assert len(instants) == 2

    def test_what_was_done_is_told_in_german(
        self, german: Browser, scheme: Scheme
    ) -> None:
        """Messages are made in the request that is redirected."""
        german.log_in()
        Browser(scheme, "de").log_in()

        page = german.post("account/sessions/", end="others")

        assert "Alle anderen Anmeldungen wurden beendet." in page


class TestEnglish:
    @pytest.mark.parametrize("language", ["en-GB", "xx", "", "xx;q=0.9, en;q=0.8"])
    def test_other_browsers_see_english(
        self, scheme: Scheme, alice: User, language: str
    ) -> None:
        """What we have no words for is no reason to show nothing."""
        page = Browser(scheme, language).get("login/")

        assert "<h1>Log in</h1>" in page
        assert re.search('<html lang="en', page)
