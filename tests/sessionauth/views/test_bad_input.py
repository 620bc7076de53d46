"""No input makes a 500: bodies, charsets and texts that databases choke on."""

import json
from collections.abc import Callable
from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from sessionauth.request_body import MAX_BODY_BYTES
from tests.sessionauth.conftest import PASSWORD

LogIn = Callable[..., Client]
JSON_PATHS = ("/auth/session/", "/auth/reauth/")
FORM_PATHS = ("/auth/login/", "/auth/logout/", "/auth/logout/all/")
PAGE_PATHS = (*FORM_PATHS, "/auth/account/reauth/", "/auth/account/sessions/")
FORM_TYPES = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
)
CHARSETS = (
    *("punycode", "idna", "utf-16", "utf-7", "bz2", "rot13", "base64", "undefined"),
    *("nope", "latin-1", "\xff", ""),
)
CSRF_COOKIE = "a" * 32
TEXTS = ("\0", "\ud800", "x" * 100_000, "é", " ", "' OR 1=1")
PARTS = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n\xff-\r\n--x--'


@pytest.fixture
def client(alice: User, log_in: LogIn) -> Client:
    """Somebody who is logged in: what is read for callers only is read, too."""
    client = log_in()
    client.raise_request_exception = False
    return client


def send(client: Client, path: str, body: bytes, kind: str) -> HttpResponse:
    return client.generic("POST", path, body, content_type=kind, secure=True)


def is_refused(answer: HttpResponse) -> bool:
    return 400 <= answer.status_code < 500


@pytest.mark.parametrize("path", JSON_PATHS)
class TestJson:
    @pytest.mark.parametrize("opening", [b"[", b'{"a":'])
    def test_body_nested_as_deep_as_fits_is_400(
        self, client: Client, path: str, opening: bytes
    ) -> None:
        """DRF's own parser runs out of stack there."""
        body = (opening * 100_000)[:250_000]

        assert send(client, path, body, "application/json").status_code == 400

    @pytest.mark.parametrize("charset", CHARSETS)
    def test_body_in_any_charset_is_refused(
        self, client: Client, path: str, charset: str
    ) -> None:
        """Of what Python has codecs for, some turn bytes into no text."""
        kind = f"application/json; charset={charset}"
        bodies = (b"{}", b"\xff\xfe", b'{"password": "-"}', b"-")

        assert all(is_refused(send(client, path, body, kind)) for body in bodies)

    @pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:9]))
    def test_any_text_in_any_field_is_refused(
        self, client: Client, path: str, text: str
    ) -> None:
        """Databases choke on some of them, hashers on others."""
        for field in ("username", "password", "remember"):
            body = {"username": "alice", "password": "wrong", field: text}
            encoded = json.dumps(body).encode()

            assert is_refused(send(client, path, encoded, "application/json"))

    def test_body_that_is_no_object_is_refused(self, client: Client, path: str) -> None:
        """The types of the fields are nobody's promise."""
        for body in (b"[]", b'"text"', b"null", b"{", b"1e999", b"NaN", b""):
            assert is_refused(send(client, path, body, "application/json"))

    def test_body_that_is_very_large_is_413(self, client: Client, path: str) -> None:
        """Nobody logs in with a megabyte."""
        body = json.dumps({"password": "x" * 1_000_000}).encode()

        assert send(client, path, body, "application/json").status_code == 413


@pytest.fixture
def checked(client: Client) -> Client:
    """The same with Django's CSRF check on, which reads the form first of all."""
    client.handler.enforce_csrf_checks = True
    client.cookies["csrftoken"] = CSRF_COOKIE
    client.defaults["HTTP_ORIGIN"] = "https://testserver"
    return client


@pytest.mark.parametrize("path", PAGE_PATHS)
class TestCheckedForms:
    @pytest.mark.parametrize("kind", FORM_TYPES)
    def test_form_in_any_charset_with_a_csrf_cookie_is_no_500(
        self, checked: Client, path: str, kind: str
    ) -> None:
        """Django's page for a 400 would read it again, and crash."""
        for charset in CHARSETS:
            for body in (b"username=%ff&next=-", PARTS, PARTS[:50]):
                answer = send(checked, path, body, f"{kind}; charset={charset}")

                assert answer.status_code in {400, 403}
                assert "frame-ancestors" in answer["Content-Security-Policy"]

    def test_form_with_too_many_fields_is_400(self, checked: Client, path: str) -> None:
        """Django refuses those by an error of another kind."""
        answer = send(checked, path, b"a=b&" * 2000, FORM_TYPES[0])

        assert answer.status_code == 400

    @pytest.mark.parametrize("kind", FORM_TYPES)
    def test_form_that_is_very_large_is_413_and_not_read(
        self, checked: Client, path: str, kind: str
    ) -> None:
        """Files would fill the disk, whoever sends them."""
        body = BytesIO(b"x" * (MAX_BODY_BYTES + 1))
        # Django's client gives an empty body no type, and what has none is no form.
        sent = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(MAX_BODY_BYTES + 1)}

        answer = checked.generic(
            "POST", path, secure=True, **sent, **{"wsgi.input": body}
        )

        assert answer.status_code == 413
        assert body.tell() == 0


@pytest.mark.parametrize("path", FORM_PATHS)
class TestForms:
    @pytest.mark.parametrize("kind", FORM_TYPES)
    @pytest.mark.parametrize("charset", CHARSETS)
    def test_form_in_any_charset_is_no_500(
        self, client: Client, path: str, kind: str, charset: str
    ) -> None:
        """The CSRF check reads the form before the view does."""
        for body in (b"username=%ff&next=-", PARTS, b"a=%00", PARTS[:50]):
            answer = send(client, path, body, f"{kind}; charset={charset}")

            assert answer.status_code < 500

    @pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:9]))
    def test_any_text_in_any_field_is_no_500(
        self, client: Client, path: str, text: str
    ) -> None:
        """See the same in JSON."""
        for field in ("username", "password", "next", "end_oldest"):
            sent = text.encode("utf-8", "replace")
            body = {"username": "alice", "password": PASSWORD, field: sent}

            assert client.post(path, body, secure=True).status_code < 500
