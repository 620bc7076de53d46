"""Who is calling, asked of a session that was used before in the same request."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from sessionauth.engine import SessionStore
from sessionauth.flows.authenticate import authenticate
from tests.sessionauth.conftest import session_key

LogIn = Callable[..., Client]


def change_and_save(session: SessionStore) -> None:
    session["colour"] = "red"
    session.save()


@pytest.mark.requirement("SES-16")
@pytest.mark.parametrize("use", [change_and_save, SessionStore.cycle_key])
def test_check_that_is_due_stays_due_when_the_session_is_written(
    alice: User, log_in: LogIn, use: Callable[[SessionStore], None]
) -> None:
    """A middleware that keeps something in the session must not skip the check."""
    session = SessionStore(session_key(log_in()))
    request = RequestFactory().get("/", secure=True)
    request.session = session
    User.objects.update(is_active=False)

    use(session)

    assert authenticate(request, session) is None
