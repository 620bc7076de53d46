"""Which logins of Django's are logins to a session."""

from collections.abc import Callable

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.test import Client, RequestFactory

from sessionauth.engine import SessionStore
from tests.sessionauth.conftest import session_key

LogIn = Callable[..., Client]


def test_login_of_another_app_leaves_the_users_session_alone(
    alice: User, log_in: LogIn
) -> None:
    """A token that somebody asks for must not renew what the browser has."""
    client = log_in()
    request = RequestFactory().post("/")
    request.session = SessionStore(session_key(client))
    assert request.session["_auth_user_id"] == str(alice.pk)

    user_logged_in.send(sender=User, request=request, user=alice)

    assert request.session.session_key == session_key(client)
    assert client.get("/api/me/", secure=True).status_code == 200
