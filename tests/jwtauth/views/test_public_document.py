"""What documents for everybody share: caches may keep them, scripts may read them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client, override_settings

from jwtauth.models import TokenFamily
from tests.jwtauth.browser import ACCESS, Browser

JWKS = "/.well-known/jwks.json"
METADATA = "/.well-known/oauth-authorization-server"

each = pytest.mark.parametrize("address", [JWKS, METADATA])
pytestmark = [pytest.mark.requirement("JWK-05"), pytest.mark.usefixtures("pages")]


class TestCaching:
    @each
    def test_document_with_a_known_etag_is_304_for_any_origin(
        self, address: str
    ) -> None:
        """A poll moves no keys; a 304 that a script may not read is an error to it."""
        first = Client().get(address)

        again = Client().get(address, headers={"If-None-Match": first["ETag"]})

        assert (again.status_code, again.content) == (304, b"")
        for name in ("ETag", "Cache-Control", "Access-Control-Allow-Origin"):
            assert again[name] == first[name]

    @each
    def test_document_with_another_etag_is_sent(self, address: str) -> None:
        """What the copy was is over."""
        response = Client().get(address, headers={"If-None-Match": '"old"'})

        assert response.status_code == 200
        assert response.content

    @each
    def test_head_says_what_get_says_but_for_the_body(self, address: str) -> None:
        """Monitors ask that way."""
        got, head = Client().get(address), Client().head(address)

        assert (head.status_code, head.content) == (200, b"")
        assert dict(head.headers) == dict(got.headers)

    @pytest.mark.requirement("JWK-06")
    @each
    def test_copy_lives_as_long_as_one_of_the_keys(
        self, address: str, jwtauth_settings: Callable[..., None]
    ) -> None:
        """Both name the keys: one that outlived the overlap would hide the next."""
        jwtauth_settings(KEY_OVERLAP=timedelta(minutes=30))

        assert Client().get(address)["Cache-Control"] == "public, max-age=900"


class TestOtherOrigins:
    @each
    def test_script_of_any_site_may_read_document_and_etag(self, address: str) -> None:
        """It is public; with credentials it would be told apart for whom."""
        response = Client().get(address, headers={"Origin": "https://spa.test"})

        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Access-Control-Expose-Headers"] == "ETag"
        assert "Access-Control-Allow-Credentials" not in response

    @each
    def test_preflight_allows_if_none_match(self, address: str) -> None:
        """A browser asks before it sends a header that isn't safelisted."""
        response = Client().options(
            address,
            headers={
                "Origin": "https://spa.test",
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "if-none-match",
            },
        )

        assert (response.status_code, response.content) == (200, b"")
        assert response["Allow"] == "GET, HEAD, OPTIONS"
        assert response["Access-Control-Allow-Origin"] == "*"
        assert response["Access-Control-Allow-Methods"] == "GET, HEAD"
        assert response["Access-Control-Allow-Headers"] == "If-None-Match"

    @each
    def test_post_is_405(self, address: str) -> None:
        """There is nothing to write."""
        assert Client().post(address).status_code == 405


class TestNobody:
    @each
    def test_cookies_of_a_user_change_nothing(
        self, address: str, alice: User, browser: Browser
    ) -> None:
        """A shared cache must be able to give the answer to anybody.

        The access cookie is missing: a page would be renewed, and set two cookies.
        """
        browser._client.force_login(alice)
        browser.drop(ACCESS)
        before = TokenFamily.objects.values().get()

        response = browser.get(address)

        stranger = Client().get(address, secure=True)
        assert dict(response.headers) == dict(stranger.headers)
        assert response.content == stranger.content
        assert not response.cookies and "Vary" not in response
        assert TokenFamily.objects.values().get() == before

    @each
    def test_document_needs_no_database(
        self, address: str, atomic_requests: None
    ) -> None:
        """Nor does ``ATOMIC_REQUESTS`` open one: this test may not touch it."""
        assert Client().get(address).status_code == 200

    @each
    def test_document_needs_no_login(self, address: str) -> None:
        """Services have no account; a redirect to a login page is no key."""
        middleware = [
            *django_settings.MIDDLEWARE,
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ]
        with override_settings(MIDDLEWARE=middleware):
            assert Client().get(address).status_code == 200
