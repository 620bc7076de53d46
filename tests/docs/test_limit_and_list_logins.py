"""The code of the how-to on logins, run as a reader would run it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.urls import path

from tests.jwtauth.browser import Browser
from tests.jwtauth.conftest import OTHER_MIDDLEWARE, age
from tests.urls import urlpatterns as mounted

PAGE = Path(__file__).parents[2] / "docs/how-to/limit-and-list-logins.md"
TEXT = PAGE.read_text("utf-8")
(RECENT,) = (
    block
    for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    if "PayoutView" in block
)


@pytest.fixture
def browser(alice: User) -> Iterator[Browser]:
    """Where a user of a project is logged in that has copied the page's code."""
    project = ModuleType("project")
    exec(RECENT, project.__dict__)  # noqa: S102 # our own page
    project.PayoutView.get = lambda _self, _request: project.HttpResponse()
    urls = ModuleType("urls")
    urls.urlpatterns = [
        path("payout/", project.PayoutView.as_view()),
        path("bank/", project.bank_details),
        *mounted,
    ]
    middleware = [*OTHER_MIDDLEWARE, "jwtauth.middleware.JWTAuthenticationMiddleware"]
    with override_settings(ROOT_URLCONF=urls, MIDDLEWARE=middleware):
        browser = Browser()
        browser.login(alice)
        yield browser


@pytest.mark.parametrize("address", ["/payout/", "/bank/"])
@pytest.mark.parametrize(("minutes", "status"), [(4, 200), (6, 401)])
def test_how_to_views_ask_for_a_login_of_the_last_five_minutes(
    browser: Browser, address: str, minutes: int, status: int
) -> None:
    """Copied as it is, it must guard what it stands before."""
    age(timedelta(minutes=minutes))
    browser.refresh()

    assert browser.get(address).status_code == status


def test_how_to_shows_what_the_list_has(browser: Browser) -> None:
    """Members that nobody sends would be waited for."""
    (row,) = browser.get("/jwt/auth/sessions/").json()
    shown = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)

    assert shown is not None
    assert re.findall(r'"(\w+)":', shown[1]) == list(row)
