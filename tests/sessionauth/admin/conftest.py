"""Fixtures of the admin's tests: people who may do more or less, and sessions."""

from collections.abc import Callable
from typing import TypeAlias

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client, RequestFactory

import sessionauth
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore

Staff: TypeAlias = Callable[..., Client]
LIST = "/admin/sessionauth/activesession/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Operator(Client):
    """A client at the admin, over TLS."""

    def look(self, address: str = LIST) -> str:
        response = self.get(address, secure=True)
        assert response.status_code == 200, response.content
        return response.content.decode()

    def found(self, query: str = "") -> list[str]:
        """The handles of the sessions that the list shows for a query string."""
        response = self.get(f"{LIST}?{query}", secure=True)
        assert response.status_code == 200, (response, response.content)
        return [row.pk for row in response.context["cl"].result_list]

    def press(self, handle: str, button: str, *, sure: bool = True) -> HttpResponse:
        """Press a button of a session's form."""
        form = {"post": "yes"} if sure else {}
        return self.post(one(handle, button), form, secure=True)

    def choose(self, action: str, *handles: str, sure: bool = True) -> HttpResponse:
        """Choose an action for rows of the list."""
        form = {"action": action, "_selected_action": list(handles)}
        extra = {"post": "yes"} if sure else {"index": "0"}
        return self.post(LIST, form | extra, secure=True)


def one(handle: str, page: str = "change") -> str:
    """The address of a session's page."""
    return f"{LIST}{quote(handle)}/{page}/"


def opened(user: User) -> str:
    """The handle of a session into which the user has just logged in."""
    factory = RequestFactory()
    request = factory.post("/", headers={"user-agent": FIREFOX})
    request.session = SessionStore()
    request.session.origin = lambda: sessionauth.flows.session.Origin(
        device="Firefox on Linux", address="203.0.113.9"
    )
    sessionauth.login(request, user)
    return digest(request.session.session_key or "")


def is_alive(handle: str) -> bool:
    return sessionauth.stores.sessions.is_alive(handle)


@pytest.fixture
def staff(db: None) -> Staff:
    """Log in a member of staff who has the permissions named."""

    def log_in(*codenames: str) -> Operator:
        user = User.objects.create_user("operator", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        return _logged_in(user)

    return log_in


@pytest.fixture
def viewer(staff: Staff) -> Client:
    """Staff who may look at everything that the tests touch, and change nothing."""
    return staff("view_activesession", "view_user")


@pytest.fixture
def revoker(staff: Staff) -> Client:
    """Staff who may end sessions, and not change users."""
    return staff("view_activesession", "revoke_activesession", "view_user")


@pytest.fixture
def admin(db: None) -> Operator:
    """A superuser."""
    return _logged_in(User.objects.create_superuser("root"))


@pytest.fixture
def handle(alice: User) -> str:
    """A session of Alice's."""
    return opened(alice)


def _logged_in(user: User) -> Operator:
    client = Operator()
    client.force_login(user)
    return client
