"""The code of the how-to on cookies, run as a reader would run it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import RequestFactory, override_settings
from django.urls import path

from tests.jwtauth.browser import ACCESS, REFRESH, Browser

PASSWORD = "correct horse battery staple"
PAGE = (Path(__file__).parents[2] / "docs/how-to/use-cookies.md").read_text("utf-8")
_SETTINGS, URLS, LOGIN_SETTINGS, MIDDLEWARE = re.findall(
    r"```python\n(.*?)```", PAGE, re.DOTALL
)
(FORM,) = re.findall(r"```html\n(.*?)```", PAGE, re.DOTALL)


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 # our own page
    return names


def home(request: HttpRequest) -> HttpResponse:
    """The reader's own page, with the page's form in it."""
    form = engines["django"].from_string(FORM).render({}, request)
    return HttpResponse(f"{request.user} {form}")


@pytest.fixture
def _project(transactional_db: None) -> Iterator[None]:
    """A project that has followed the page, and has no sessions."""
    User.objects.create_user("alice", password=PASSWORD)
    urls = _Urls([*run(URLS)["urlpatterns"], path("", home)])
    settings = {k: v for k, v in run(LOGIN_SETTINGS).items() if k.isupper()}
    with override_settings(
        ROOT_URLCONF=urls,
        MIDDLEWARE=[
            "django.middleware.csrf.CsrfViewMiddleware",
            "jwtauth.middleware.JWTAuthenticationMiddleware",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ],
        **settings,
    ):
        yield


class _Urls:
    """A URL configuration that is no module."""

    def __init__(self, urlpatterns: list[Any]) -> None:
        self.urlpatterns = urlpatterns


@pytest.mark.usefixtures("_project")
def test_how_to_login_page_works_with_these_lines_alone() -> None:
    """From a page that needs a login to the login, back, and out again."""
    browser = Browser()

    led = browser.get("/")["Location"]
    assert browser.get(led).status_code == 200
    back = browser.post_form(led, username="alice", password=PASSWORD)
    page = browser.get(back["Location"])
    (logout,) = re.findall(r'action="(.*?)"', page.content.decode())
    out = browser.post_form(logout)

    assert (led, back["Location"]) == ("/auth/login/?next=/", "/")
    assert page.content.startswith(b"alice")
    assert (out.status_code, out["Location"]) == (302, "/auth/login/")
    assert not browser.credentials.keys() & {ACCESS, REFRESH}


@pytest.mark.parametrize(
    ("path", "expected"), [("/admin/", False), ("/health/", False), ("/", True)]
)
def test_how_to_middleware_leaves_out_its_paths_and_the_admin(
    path: str, *, expected: bool
) -> None:
    """Who overrides ``applies`` must not let tokens into the admin unawares."""
    middleware = run(MIDDLEWARE)["NotForHealth"](lambda _request: HttpResponse())

    assert middleware.applies(RequestFactory().get(path)) is expected
