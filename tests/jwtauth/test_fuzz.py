"""No input whatever makes a 500: headers, cookies and bodies, 20,000 where it counts.

Half of the access tokens are signed with the real key, whatever they say: what is
genuine gets furthest.
"""

import json
import logging
import os
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from jwtauth.core.jwk import parse_key
from tests import signing_keys
from tests.jwtauth.browser import ACCESS, REFRESH
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller
from tests.jwtauth.core.raw_tokens import header_of, signed

pytestmark = [pytest.mark.slow, pytest.mark.requirement("JWT-15")]

ENDPOINTS = (
    *("token/", "token/refresh/", "token/verify/", "token/blacklist/"),
    *("token/revoke/", "logout/", "logout/all/", "reauth/"),
)
PAGES = ("login/", "logout/", "logout/all/")
MEMBERS = (
    *("username", "password", "refresh", "token", "delivery", "scope"),
    *("token_type_hint", "csrfmiddlewaretoken", "next", "end_oldest"),
)
CONTENT_TYPES = (
    *("application/json", "application/x-www-form-urlencoded"),
    *("multipart/form-data; boundary=x", "text/plain", "", "application/json; charset"),
    *(
        f"application/{kind}; charset={charset}"
        for kind in ("json", "x-www-form-urlencoded")
        for charset in ("utf-16", "punycode", "bz2", "idna", "nope", "latin-1", "\xff")
    ),
)

ODD_TEXT = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["\0", "\ud800", "é", " ", "=", "1\n", "../", "' OR 1=1", "a" * 9000]
    ),
)
JSON_VALUES = st.recursive(
    st.one_of(
        *(st.none(), st.booleans(), st.integers(), st.floats(), ODD_TEXT),
        st.sampled_from([10**400, -1, 1e308, "1", "01", "alice"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(ODD_TEXT, inner, max_size=3)
    ),
    max_leaves=5,
)


def many(thousands: int) -> Any:  # noqa: ANN401 # Hypothesis' decorator
    """So many examples before a change goes in; a tenth on one's own machine."""
    return settings(
        max_examples=thousands * (1000 if os.environ.get("CI") else 100),
        deadline=None,
        database=None,
        # What fails is shown as it is: shrinking thousands of requests takes long.
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Log nothing: pytest would keep each record, and its request, until the end."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class Login:
    """A live login, to make tokens from."""

    def __init__(self, user: User) -> None:
        body = Caller().login(user)
        self.access: str = body["access"]
        self.refresh: str = body["refresh"]
        self.key = parse_key(signing_keys.load()[0])
        now = int(time.time())
        self.claims = {
            "iss": "https://issuer.test",
            "aud": "https://api.test",
            "sub": str(user.pk),
            "client_id": "first-party",
            "iat": now,
            "exp": now + 900,
            "jti": "j",
            "sid": "A" * 22,
            "auth_time": now,
        }
        # Built once: a strategy costs more to make than to draw from.
        self.tokens = _tokens(self)
        self.cookies = st.lists(
            st.tuples(
                st.sampled_from([ACCESS, REFRESH, ACCESS.lower(), "csrftoken", ""]),
                self.tokens,
            ),
            max_size=3,
        )
        self.bodies = _bodies(self.tokens)


@pytest.fixture
def login(db: None) -> Login:
    return Login(User.objects.create_user("alice", password=PASSWORD))


def changed(members: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The members with some left out, and some saying anything."""
    names = st.sampled_from([*members, "nbf", "scope", "crit", "jwk", "b64", "zip"])
    return st.builds(
        lambda gone, other: {
            **{name: value for name, value in members.items() if name not in gone},
            **other,
        },
        st.sets(names, max_size=2),
        st.dictionaries(names, JSON_VALUES, max_size=2),
    )


def edited(text: str) -> st.SearchStrategy[str]:
    """The text with a piece cut out and another put in."""
    return st.builds(
        lambda at, cut, put: text[:at] + put + text[at + cut :],
        st.integers(0, len(text)),
        st.integers(0, 5),
        ODD_TEXT,
    )


def _tokens(login: Login) -> st.SearchStrategy[str]:
    genuine = st.builds(
        lambda payload, header: signed(payload, header, login.key),
        changed(login.claims),
        changed(header_of(login.key)),
    )
    return st.one_of(
        *(genuine, edited(login.access), edited(login.refresh), ODD_TEXT),
        st.sampled_from([login.access, login.refresh, "." * 3, "[" * 5000]),
    )


def _bodies(tokens: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    members = st.dictionaries(
        st.sampled_from(MEMBERS), st.one_of(tokens, JSON_VALUES), max_size=4
    )
    return st.one_of(
        members.map(lambda value: json.dumps(value).encode()),
        JSON_VALUES.map(lambda value: json.dumps(value).encode()),
        st.binary(max_size=60),
        st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b"a=%ff&b=" * 99]),
    )


def answer(method: str, path: str, **environ: Any) -> HttpResponse:  # noqa: ANN401 # anything is the point
    """What the site answers; nothing that it raises gets out of it."""
    return _site().get_response(RequestFactory().generic(method, path, **environ))


@cache
def _site() -> WSGIHandler:
    return WSGIHandler()


def is_no_fault(response: HttpResponse) -> bool:
    return response.status_code < 500


def as_header(text: str) -> str:
    """As a WSGI server hands bytes over (PEP 3333)."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


SCHEMES = st.sampled_from(["Bearer ", "bearer ", "Bearer\t", "Bearer  ", "", "Basic "])
READING = st.sampled_from(["/jwt/api/me/", "/jwt/api/notes/", f"{PREFIX}sessions/"])
BY_COOKIE = st.sampled_from(
    [
        ("GET", "/jwt/api/me/"),
        ("POST", f"{PREFIX}token/refresh/"),
        ("POST", f"{PREFIX}logout/"),
        ("POST", f"{PREFIX}logout/all/"),
        ("DELETE", f"{PREFIX}sessions/x/"),
    ]
)


class TestFuzz:
    @given(data=st.data())
    @many(8)
    def test_any_authorization_header_is_no_500(
        self, login: Login, data: st.DataObject
    ) -> None:
        """What comes in the header of any call, the API's and the endpoints'."""
        header = as_header(data.draw(SCHEMES) + data.draw(login.tokens))

        response = answer("GET", data.draw(READING), HTTP_AUTHORIZATION=header)

        assert response.status_code in {200, 401}

    @given(data=st.data())
    @many(6)
    def test_any_cookie_header_is_no_500(
        self, login: Login, data: st.DataObject
    ) -> None:
        """Cookies of our names with anything in them, and anything at all."""
        pairs = data.draw(login.cookies)
        header = as_header("; ".join(f"{name}={value}" for name, value in pairs))
        method, path = data.draw(BY_COOKIE)

        assert is_no_fault(answer(method, path, HTTP_COOKIE=header))

    @given(data=st.data())
    @many(6)
    def test_any_body_is_no_500(self, login: Login, data: st.DataObject) -> None:
        """Any body in any charset, to any endpoint, with and without a login."""
        header = data.draw(st.sampled_from(["", f"Bearer {login.access}"]))

        response = answer(
            "POST",
            PREFIX + data.draw(st.sampled_from(ENDPOINTS)),
            data=data.draw(login.bodies),
            content_type=data.draw(st.sampled_from(CONTENT_TYPES)),
            HTTP_AUTHORIZATION=header,
        )

        assert is_no_fault(response)

    @given(data=st.data())
    @many(2)
    def test_any_form_is_no_500(self, login: Login, data: st.DataObject) -> None:
        """Any body in any charset, to any page, with and without cookies."""
        cookies = data.draw(login.cookies)

        response = answer(
            "POST",
            PREFIX + data.draw(st.sampled_from(PAGES)),
            data=data.draw(login.bodies),
            content_type=data.draw(st.sampled_from(CONTENT_TYPES)),
            HTTP_ACCEPT="text/html",
            HTTP_COOKIE=as_header("; ".join(f"{n}={v}" for n, v in cookies)),
        )

        assert is_no_fault(response)

    def test_body_that_is_very_large_is_a_413(self, login: Login) -> None:
        """A form could store files as large as it likes, before anybody logs in."""
        body = b"--x\r\n" + b"a" * 300_000

        response = answer(
            "POST",
            f"{PREFIX}token/",
            data=body,
            content_type="multipart/form-data; boundary=x",
        )

        assert response.status_code == 413

    @pytest.mark.parametrize("path", ENDPOINTS)
    def test_body_nested_50000_deep_is_a_400(self, login: Login, path: str) -> None:
        """DRF's own parser runs out of stack there."""
        response = answer(
            "POST",
            PREFIX + path,
            data=b"[" * 50_000,
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {login.access}",
        )

        # The one that reads no body.
        assert response.status_code == (204 if path == "logout/all/" else 400)
