"""The code of the how-to on recent logins and polling, run as a reader would run it."""

import re
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
import redis
from django.contrib.auth.models import User
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from sessionauth.core.session_id import digest

PAGE = Path(__file__).parents[2] / "docs/how-to/ask-and-list-sessions.md"
RECENT, OWN_PAGE, POLLING = re.findall(
    r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
)
COOKIE = "__Host-sessionid"


@pytest.fixture
def client(db: None, settings: Settings) -> Client:
    """A user of a project that has copied all code of the page."""
    project = ModuleType("project")
    exec(RECENT + POLLING, project.__dict__)  # noqa: S102 # our own page
    urls = ModuleType("urls")
    urls.urlpatterns = [
        path("auth/", include("sessionauth.urls")),
        path("payout/", project.PayoutView.as_view()),
        path("bank/", project.bank_details),
        path("news/", project.news),
        path("api/news/", project.NewsView.as_view()),
    ]
    settings.ROOT_URLCONF = urls
    User.objects.create_user("alice", password="secret")
    client = Client()
    body = {"username": "alice", "password": "secret"}
    kind = "application/json"
    client.post("/auth/session/", body, content_type=kind, secure=True)
    return client


def record_of(client: Client) -> str:
    return "sa:s:" + digest(client.cookies[COOKIE].value)


@pytest.mark.parametrize("address", ["/payout/", "/bank/"])
@pytest.mark.parametrize(("minutes", "status"), [(4, 200), (6, 401)])
def test_how_to_views_ask_for_a_login_of_the_last_five_minutes(
    client: Client, redis_client: redis.Redis, address: str, minutes: int, status: int
) -> None:
    """Copied as it is, it must guard what it stands before."""
    age_ms = timedelta(minutes=minutes) // timedelta(milliseconds=1)
    redis_client.hincrby(record_of(client), "a", -age_ms)

    assert client.get(address, secure=True).status_code == status


@pytest.mark.parametrize("address", ["/news/", "/api/news/"])
def test_how_to_views_that_are_polled_keep_nothing_alive(
    client: Client, redis_client: redis.Redis, address: str
) -> None:
    """A mark in the wrong place would do nothing, and say nothing."""
    redis_client.pexpire(record_of(client), 90_000)

    assert client.get(address, secure=True).json()["for"] is not None
    assert redis_client.pttl(record_of(client)) <= 90_000


def test_how_to_page_in_the_place_of_ours_logs_nobody_in_by_the_password_alone(
    client: Client, settings: Settings
) -> None:
    """The mount must really come first, and the view really take our login's place."""
    urls = ModuleType("urls")
    exec(OWN_PAGE, urls.__dict__)  # noqa: S102 # our own page
    settings.ROOT_URLCONF = urls
    form = {"username": "alice", "password": "secret"}
    newcomer = Client()

    answer = newcomer.post("/auth/login/", form, secure=True)

    assert b"second step" in answer.content
    assert newcomer.session["second_step_of"] == str(User.objects.get().pk)
    assert newcomer.get("/auth/sessions/", secure=True).status_code == 401


def test_how_to_shows_what_the_list_has(client: Client) -> None:
    """Members that nobody sends would be waited for."""
    (row,) = client.get("/auth/sessions/", secure=True).json()
    shown = re.search(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)

    assert shown is not None
    assert re.findall(r'"(\w+)":', shown[1]) == list(row)
