"""``next``: every page that follows it follows it on this site only."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from tests.contracts.next_urls import SAFE, UNSAFE
from tests.contracts.visitor import CSRF, PASSWORD, Visitor

WayOn = Callable[..., str]
HOME = "/plain/"
FORM = "application/x-www-form-urlencoded"
FORMS = {
    "login": {"username": "alice", "password": PASSWORD},
    "logout": {},
    "logout/all": {},
    "account/reauth": {"password": PASSWORD},
}


@pytest.fixture(params=FORMS)
def page(request: pytest.FixtureRequest) -> str:
    """The name of each page that leads on."""
    return str(request.param)


@pytest.fixture
def way_on(page: str, stranger: Visitor, alice: User, settings: Settings) -> WayOn:
    """Send the page's form, filled in rightly, and return where the answer leads."""
    settings.LOGIN_REDIRECT_URL = settings.LOGOUT_REDIRECT_URL = HOME
    stranger.call("get", "auth/login/")

    def send(query: str = "", **fields: str) -> str:
        if page != "login" and not stranger.credentials:
            stranger.log_in()
        token = stranger.cookie(CSRF)
        answer = stranger.call(
            "post",
            f"auth/{page}/{query}",
            urlencode({"csrfmiddlewaretoken": token, **FORMS[page], **fields}),
            CONTENT_TYPE=FORM,
            HTTP_ACCEPT="text/html",
        )
        assert answer.status_code == 302, (query, fields)
        assert "a" not in answer.cookies
        return str(answer["Location"])

    return send


@pytest.mark.requirement("LGN-03")
class TestNext:
    def test_next_that_leads_elsewhere_is_not_followed(self, way_on: WayOn) -> None:
        """A page that forwards anywhere is a phisher's best friend."""
        found = {target: way_on(next=target) for target in UNSAFE}

        assert found == dict.fromkeys(UNSAFE, HOME)

    def test_next_on_this_site_is_followed(self, way_on: WayOn) -> None:
        """Who was sent here gets where they wanted; in one header."""
        assert {target: way_on(next=target) for target in SAFE} == SAFE

    def test_next_in_the_address_is_held_to_the_same(self, way_on: WayOn) -> None:
        """A form without an action sends it there."""
        assert way_on("?next=/page/") == "/page/"
        assert way_on("?next=//evil.example") == HOME


@pytest.mark.requirement("LGN-03")
@pytest.mark.parametrize("page", ["login"], indirect=True)
@pytest.mark.parametrize("tail", ["", "?next=/auth/login/"])
def test_next_never_leads_back_to_the_login_form(
    way_on: WayOn, stranger: Visitor, tail: str
) -> None:
    """Who has just logged in would take it for a failure."""
    assert way_on(next=stranger.url("auth/login/") + tail) == HOME


@pytest.mark.requirement("LGN-03")
@pytest.mark.parametrize("page", ["login", "account/reauth"])
def test_form_carries_no_next_that_leads_elsewhere(visitor: Visitor, page: str) -> None:
    """Not even to be refused later: it is nothing that the page should repeat."""
    for target in UNSAFE:
        query = urlencode({"next": target})
        answer = visitor.call("get", f"auth/{page}/?{query}", HTTP_ACCEPT="text/html")

        assert answer.status_code == 200
        assert answer.context["next"] == ""
        assert b'name="next"' not in answer.content, target
