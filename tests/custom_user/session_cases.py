"""sessionauth with users of another kind; run by ``test_custom_user.py``."""

from collections.abc import Callable

import pytest
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test import Client, override_settings

from sessionauth import revoke_all
from sessionauth.flows.active_sessions import active_sessions
from tests.custom_user.models import Colleague, Customer, Person

NAME = "alice@example.com"
PASSWORD = "correct horse"
COOKIE = "__Host-sessionid"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice() -> Person:
    """A user, and a customer."""
    alice = Customer(address=NAME)
    alice.set_password(PASSWORD)
    alice.save()
    return Person.objects.get()


@pytest.fixture
def browser(alice: Person) -> Client:
    """Her session, once used."""
    client = Client()
    answer = client.post(
        "/auth/session/",
        {"address": NAME, "password": PASSWORD},
        content_type="application/json",
        secure=True,
    )
    assert answer.status_code == 200, answer.content
    assert me(client).status_code == 200
    return client


def me(client: Client) -> HttpResponse:
    return client.get("/api/me/", secure=True)


def test_checks_find_nothing() -> None:
    """Such a model is no fault."""
    assert [m for m in run_checks() if (m.id or "").startswith("sessionauth")] == []


def test_session_knows_the_user_by_the_key(alice: Person, browser: Client) -> None:
    """The key is text in the record, and a UUID again in the view."""
    assert me(browser).json() == {"id": str(alice.pk), "name": NAME}


def test_session_is_listed_under_the_key(alice: Person, browser: Client) -> None:
    """So that it can be found, and ended, by the user's row."""
    assert len(active_sessions(str(alice.pk))) == 1
    assert revoke_all(alice, "test") == 1
    assert me(browser).status_code == 401


@pytest.mark.parametrize("model", [Person, Colleague, Customer])
@pytest.mark.parametrize(
    "change",
    [
        lambda user: (user.set_password("another"), user.save()),
        lambda user: (setattr(user, "is_active", False), user.save()),
        lambda user: user.delete(),
        lambda user: type(user).objects.all().delete(),
    ],
    ids=["password", "deactivation", "deletion", "deletion of all"],
)
def test_change_ends_the_session(
    alice: Person,
    browser: Client,
    model: type[Person],
    change: Callable[[Person], object],
) -> None:
    """Whichever name the rows go by; a user who inherits is a user."""
    key = str(alice.pk)

    change(model.objects.get())

    assert active_sessions(key) == []
    assert me(browser).status_code == 401


def test_change_of_what_a_child_adds_ends_nothing(browser: Client) -> None:
    """It is none of what a session stands for."""
    customer = Customer.objects.get()
    customer.number = 7
    customer.save()

    assert me(browser).status_code == 200


def test_key_that_is_no_uuid_is_no_session(alice: Person, browser: Client) -> None:
    """A project that came from numbers may have such records left."""
    session = browser.session
    session["_auth_user_id"] = "1"
    session.save()

    assert me(browser).status_code == 401


def test_pages_of_an_account_work(browser: Client) -> None:
    """The name is an address, the key no number: neither matters."""
    other = Client()
    form = {"username": NAME, "password": PASSWORD}
    assert other.post("/auth/login/", form, secure=True).status_code == 302
    assert me(other).status_code == 200
    step_up, sessions = "/auth/account/reauth/", "/auth/account/sessions/"

    page = browser.get(step_up, secure=True)
    wrong = browser.post(step_up, {"password": "wrong"}, secure=True)
    right = browser.post(step_up, {"password": PASSWORD}, secure=True)
    (mine, theirs) = browser.get(sessions, secure=True).context["logins"]
    browser.post(sessions, {"end": theirs["handle"]}, secure=True)

    assert page.context["username"] == NAME
    assert [page.status_code, wrong.status_code, right.status_code] == [200, 200, 302]
    assert mine["current"]
    assert [me(browser).status_code, me(other).status_code] == [200, 401]


def test_page_sends_a_visitor_to_the_login_and_back() -> None:
    """LoginRequiredMiddleware guards every page but ours."""
    answer = Client().get("/page/", secure=True)
    form = Client().get(answer.url, secure=True)

    assert answer.url == "/auth/login/?next=/page/"
    assert form.status_code == 200
    assert b'name="username"' in form.content


def test_csrf_token_in_the_session_guards_login_and_logout(alice: Person) -> None:
    """CSRF_USE_SESSIONS: the token moves to the new id, and is a new one."""
    client = Client(enforce_csrf_checks=True)
    before = client.get("/token/", secure=True).content.decode()
    form = {"username": NAME, "password": PASSWORD}
    headers = {"Referer": "https://testserver/auth/login/", "X-CSRFToken": before}

    refused = client.post("/auth/login/", form, secure=True)
    accepted = client.post("/auth/login/", form, secure=True, headers=headers)
    stale = client.post("/auth/logout/", secure=True, headers=headers)
    headers["X-CSRFToken"] = client.get("/token/", secure=True).content.decode()
    out = client.post("/auth/logout/", secure=True, headers=headers)

    assert [refused.status_code, accepted.status_code] == [403, 302]
    assert [stale.status_code, out.status_code] == [403, 204]
    assert me(client).status_code == 401


def test_password_page_keeps_this_session(alice: Person, browser: Client) -> None:
    """Under a new id, as with Django's own users."""
    before = browser.cookies[COOKIE].value
    new = {"new_password1": "quite another", "new_password2": "quite another"}

    answer = browser.post("/password/", {"old_password": PASSWORD, **new}, secure=True)

    assert answer.status_code == 302
    assert browser.cookies[COOKIE].value != before
    assert me(browser).status_code == 200


class TestOtherBackend:
    @pytest.fixture
    def guest(self, alice: Person) -> Client:
        """A login without a password."""
        client = Client()
        client.get(f"/follow/{alice.pk}/", secure=True)
        return client

    def test_login_by_another_backend_is_a_session(
        self, alice: Person, guest: Client
    ) -> None:
        """The record says which backend vouches for the user."""
        assert me(guest).json()["id"] == str(alice.pk)
        assert len(active_sessions(str(alice.pk))) == 1

    @pytest.mark.requirement("SES-16")
    def test_backend_that_lets_the_inactive_in_does_not_keep_them(
        self, alice: Person, guest: Client
    ) -> None:
        """Its ``get_user()`` does not ask; the check of the row does."""
        Person.objects.update(is_active=False)

        assert me(guest).status_code == 401
        assert active_sessions(str(alice.pk)) == []

    def test_backend_that_was_taken_out_vouches_for_nobody(self, guest: Client) -> None:
        """Whoever closes a way to log in means those who came by it, too."""
        with override_settings(
            AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"]
        ):
            assert me(guest).status_code == 401
