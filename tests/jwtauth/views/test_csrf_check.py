"""What stands around the forms of pages: nobody is known yet when they are read."""

from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse

from jwtauth.transport.request_body import MAX_BODY_BYTES
from tests.jwtauth.browser import ACCESS, CSRF, ORIGIN, Browser
from tests.jwtauth.caller import PREFIX

PAGES = ("login/", "logout/", "logout/all/", "account/reauth/", "account/sessions/")
ENDPOINTS = ("reauth/", "sessions/", "token/", "token/refresh/", "csrf/")
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--'
# Those that Python has codecs for; Django ignores others.
KNOWN_CHARSETS = (
    *("utf-16", "utf-7", "rot13", "base64", "bz2"),
    *("idna", "punycode", "undefined"),
)
CHARSETS = (*KNOWN_CHARSETS, "nope")
HTML = "text/html"


def send(
    browser: Browser, name: str, kind: str, body: bytes, accept: str = HTML
) -> HttpResponse:
    """POST whatever is given, from the site itself."""
    headers = {"HTTP_ACCEPT": accept, "HTTP_ORIGIN": ORIGIN}
    return browser._client.generic(
        "POST", PREFIX + name, body, kind, secure=True, **headers
    )


@pytest.fixture(params=["to be renewed", "visitor"])
def sender(request: pytest.FixtureRequest, alice: User) -> Browser:
    """A browser with a CSRF cookie, logged in or not; the access token has expired."""
    browser = Browser()
    browser.get(f"{PREFIX}login/")
    if request.param == "to be renewed":
        browser.login(alice)
        browser.drop(ACCESS)
    assert browser.cookie(CSRF)
    return browser


class TestUnreadableForm:
    @pytest.mark.parametrize("name", PAGES)
    def test_form_in_an_odd_charset_is_refused_by_the_page(
        self, sender: Browser, name: str
    ) -> None:
        """Django's page for a 400 would read it again, and crash."""
        for charset in KNOWN_CHARSETS:
            kind = f"{URLENCODED}; charset={charset}"

            response = send(sender, name, kind, b"a=b")

            assert response.status_code in {400, 403}
            assert "frame-ancestors" in response["Content-Security-Policy"]

    @pytest.mark.parametrize("accept", [HTML, "*/*"], ids=["browser", "script"])
    @pytest.mark.parametrize("name", [*PAGES, *ENDPOINTS])
    def test_form_in_an_odd_charset_is_no_500(
        self, sender: Browser, name: str, accept: str
    ) -> None:
        """The endpoints check forms of browsers, too; and so does a renewal."""
        for charset in CHARSETS:
            for kind, body in ((URLENCODED, b"a=b"), (MULTIPART, PART)):
                named = f"{kind}; charset={charset}"

                assert send(sender, name, named, body, accept).status_code < 500

    @pytest.mark.parametrize("name", [*PAGES, *ENDPOINTS])
    def test_form_with_too_many_fields_is_no_500(
        self, sender: Browser, name: str
    ) -> None:
        """Django refuses those by an error of another kind."""
        for accept in (HTML, "*/*"):
            response = send(sender, name, URLENCODED, b"a=b&" * 2000, accept)

            assert 400 <= response.status_code < 500

    def test_form_without_a_boundary_is_refused_by_the_page(
        self, sender: Browser
    ) -> None:
        """Django's parser has an error of its own for that."""
        response = send(sender, "login/", "multipart/form-data", PART)

        assert response.status_code in {400, 403}
        assert response["Cache-Control"] == "no-store"


def send_large(browser: Browser, name: str, kind: str, accept: str) -> BytesIO:
    """POST one byte more than is read; return what became of the body."""
    body = BytesIO(b"x" * (MAX_BODY_BYTES + 1))
    headers = {"HTTP_ACCEPT": accept, "HTTP_ORIGIN": ORIGIN}
    # Django's client gives an empty body no type, and what has none is no form.
    sent = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(MAX_BODY_BYTES + 1)}
    response = browser._client.generic(
        "POST", PREFIX + name, secure=True, **headers, **sent, **{"wsgi.input": body}
    )
    assert response.status_code == 413
    assert response["Cache-Control"] == "no-store"
    return body


class TestLargeForm:
    @pytest.mark.parametrize("kind", [URLENCODED, MULTIPART])
    @pytest.mark.parametrize("name", PAGES)
    def test_form_that_is_very_large_is_413_and_not_read(
        self, sender: Browser, name: str, kind: str
    ) -> None:
        """Files would fill the disk, whoever sends them; a renewal reads forms, too."""
        assert send_large(sender, name, kind, HTML).tell() == 0

    @pytest.mark.parametrize("name", ["logout/", "logout/all/", "reauth/", "token/"])
    def test_form_that_is_very_large_is_not_read_for_a_script(
        self, sender: Browser, name: str
    ) -> None:
        """The CSRF check of the endpoints comes before their parsers."""
        assert send_large(sender, name, MULTIPART, "*/*").tell() == 0
