"""Django's own pages for passwords: they work, and end what they must."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from tests.sessionauth.conftest import PASSWORD, session_key, with_cookie

LogIn = Callable[..., Client]
NEW = "battery staple 9"
TWICE = {"new_password1": NEW, "new_password2": NEW}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[False, True], ids=["", "atomic"], autouse=True)
def _atomic(request: pytest.FixtureRequest) -> Iterator[None]:
    """With and without ``ATOMIC_REQUESTS``: sessions end when it commits."""
    databases = transaction.get_connection().settings_dict
    databases["ATOMIC_REQUESTS"] = request.param
    yield
    databases["ATOMIC_REQUESTS"] = False


def status(client: Client) -> int:
    return client.get("/api/me/", secure=True).status_code


def follow_the_link(client: Client, name: str, user: User) -> HttpResponse:
    """Follow the link of the mail, and fill in the form that it leads to."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    user.refresh_from_db()  # a login since is part of the token
    token = default_token_generator.make_token(user)
    led = client.get(reverse(name, args=[key, token]), secure=True)
    assert led.status_code == 302, led.content
    return client.post(led["Location"], TWICE, secure=True)


def test_changed_password_ends_every_other_session(alice: User, log_in: LogIn) -> None:
    """The browser that changes it goes on, under a new id."""
    other, mine = log_in(), log_in()
    copy = with_cookie(session_key(mine))
    form = {"old_password": PASSWORD, **TWICE}

    answer = mine.post("/password/", form, secure=True)

    assert answer.status_code == 302
    assert [status(client) for client in (other, copy, mine)] == [401, 401, 200]


def test_reset_password_ends_every_session_and_logs_nobody_in(
    alice: User, log_in: LogIn
) -> None:
    """Whoever was in before the mail was asked for is out."""
    other, mailed = log_in(), Client()

    answer = follow_the_link(mailed, "reset", alice)

    assert answer["Location"] == "/page/"
    assert [status(other), status(mailed)] == [401, 401]
    form = {"username": "alice", "password": NEW}
    assert mailed.post("/auth/login/", form, secure=True).status_code == 302


def test_reset_password_that_logs_in_ends_every_other_session(
    alice: User, log_in: LogIn
) -> None:
    """``post_reset_login``: who holds the mail is in at once, and stays in."""
    other, mailed = log_in(), Client()

    answer = follow_the_link(mailed, "reset-and-in", alice)

    assert answer["Location"] == "/page/"
    assert [status(other), status(mailed)] == [401, 200]
    assert mailed.get("/page/", secure=True).content == b"alice"
    assert len(mailed.get("/auth/sessions/", secure=True).json()) == 1


def test_reset_password_in_a_browser_that_is_logged_in_renews_its_session(
    alice: User, log_in: LogIn
) -> None:
    """A copy of its old cookie may be why the password is changed."""
    mine = log_in()
    copy = with_cookie(session_key(mine))

    follow_the_link(mine, "reset-and-in", alice)

    assert [status(copy), status(mine)] == [401, 200]
