"""Who is calling, asked of a session that was used before in the same request."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from sessionauth.engine import SessionStore
from sessionauth.flows.authenticate import authenticate
from sessionauth.signals import session_revoked
from tests.conftest import Heard
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


def test_flush_after_the_users_row_was_read_is_told_as_one(
    alice: User, log_in: LogIn, heard: Heard
) -> None:
    """An end that a view decides on must not look like a user who was refused."""
    session = SessionStore(session_key(log_in()))
    request = RequestFactory().get("/", secure=True)
    request.session = session
    caller = authenticate(request, session)
    told = heard(session_revoked)

    assert caller and caller.row == alice
    session.flush()

    assert [each["reason"] for each in told] == ["flushed"]
