"""``next``: every page that follows it follows it on this site only."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.contracts.next_urls import SAFE, UNSAFE
from tests.sessionauth.conftest import PASSWORD

LogIn = Callable[..., Client]
BROWSER = {"accept": "text/html"}
FORMS = {
    "login": {"username": "alice", "password": PASSWORD},
    "logout": {},
    "account/reauth": {"password": PASSWORD},
}


@pytest.fixture(params=FORMS)
def page(request: pytest.FixtureRequest, log_in: LogIn, alice: object) -> str:
    """The name of each page that leads on."""
    return str(request.param)


@pytest.fixture
def send(page: str, log_in: LogIn) -> Callable[..., HttpResponse]:
    """Send the page's form, filled in rightly, with ``next`` in it or in the URL."""
    client = Client() if page == "login" else log_in()

    def send(body: dict[str, str], query: str = "") -> HttpResponse:
        url = f"/auth/{page}/{query}"
        form = {**FORMS[page], **body}
        return client.post(url, form, secure=True, headers=BROWSER)

    return send


@pytest.mark.requirement("LGN-03")
class TestNext:
    @pytest.mark.parametrize("target", UNSAFE)
    def test_next_that_leads_elsewhere_is_not_followed(
        self, send: Callable[..., HttpResponse], target: str
    ) -> None:
        """A page that forwards anywhere is a phisher's best friend."""
        answer = send({"next": target})

        assert answer.status_code == 302
        assert answer["Location"] == "/plain/"

    @pytest.mark.parametrize(("target", "location"), SAFE.items())
    def test_next_on_this_site_is_followed(
        self, send: Callable[..., HttpResponse], target: str, location: str
    ) -> None:
        """Who was sent here gets where they wanted."""
        answer = send({"next": target})

        assert answer.status_code == 302
        assert answer["Location"] == location

    @pytest.mark.parametrize(
        ("query", "location"),
        [("?next=/page/", "/page/"), ("?next=//evil.example", "/plain/")],
    )
    def test_next_in_the_address_is_held_to_the_same(
        self, send: Callable[..., HttpResponse], query: str, location: str
    ) -> None:
        """A form without an action sends it there."""
        assert send({}, query)["Location"] == location


@pytest.mark.requirement("LGN-03")
@pytest.mark.parametrize("target", ["/auth/login/", "/auth/login/?next=/auth/login/"])
@pytest.mark.usefixtures("alice")
def test_next_never_leads_back_to_the_login_form(target: str) -> None:
    """Who has just logged in would take it for a failure."""
    body = {"username": "alice", "password": PASSWORD, "next": target}

    answer = Client().post("/auth/login/", body, secure=True, headers=BROWSER)

    assert answer.status_code == 302
    assert answer["Location"] == "/plain/"


@pytest.mark.requirement("LGN-03")
@pytest.mark.parametrize("page", ["login", "account/reauth"])
@pytest.mark.parametrize("target", UNSAFE)
@pytest.mark.usefixtures("alice")
def test_form_carries_no_next_that_leads_elsewhere(
    log_in: LogIn, page: str, target: str
) -> None:
    """Not even to be refused later: it is nothing that the page should repeat."""
    answer = log_in().get(f"/auth/{page}/", {"next": target}, secure=True)

    assert answer.status_code == 200
    assert answer.context["next"] == ""
    assert b'name="next"' not in answer.content
