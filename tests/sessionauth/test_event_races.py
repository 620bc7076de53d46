"""Each event is told once, however many requests bring it about at the same moment."""

from collections import Counter
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory
from pytest_django import Settings

from sessionauth import login, revoke_all
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.exceptions import LoginOvertaken
from sessionauth.flows.active_sessions import active_sessions
from sessionauth.flows.revoke import revoke
from sessionauth.signals import session_opened, session_revoked
from tests.conftest import Heard
from tests.crowd import crowd_of

pytestmark = [
    pytest.mark.serial,
    pytest.mark.django_db(transaction=True),
    pytest.mark.requirement("LOG-06"),
]

THREADS = 8
ROUNDS = 25


def enter(user: User) -> str:
    """Log in; return the id, or nothing where a login at the same time was quicker."""
    request = RequestFactory().get("/")
    request.session = SessionStore()
    try:
        login(request, user)
    except LoginOvertaken:
        return ""
    return str(request.session.session_key)


class TestOnce:
    def test_session_ended_by_many_at_once_is_told_once(
        self, alice: User, heard: Heard
    ) -> None:
        """Two clicks on "log out", an administrator and a changed password."""
        told = heard(session_revoked)
        ended = []
        with crowd_of(THREADS) as crowd:
            for _ in range(ROUNDS):
                ended.append(digest(enter(alice)))
                crowd.all_at_once(
                    partial(revoke, ended[-1], "one"),
                    partial(revoke_all, alice, "all"),
                )

        counts = Counter(facts["session_digest"] for facts in told)
        assert counts == dict.fromkeys(ended, 1)

    def test_logins_at_once_at_the_limit_tell_each_end_once(
        self, alice: User, settings: Settings, heard: Heard
    ) -> None:
        """Whoever counts logins must come to what the limit leaves."""
        settings.SESSIONAUTH = {"MAX_SESSIONS_PER_USER": 2}
        opened, told = heard(session_opened), heard(session_revoked)
        with crowd_of(THREADS) as crowd:
            for _ in range(ROUNDS):
                crowd.all_at_once(partial(enter, alice))

        counts = Counter(facts["session_digest"] for facts in told)
        assert set(counts.values()) == {1}
        assert {facts["reason"] for facts in told} == {"limit"}
        begun = {facts["session_digest"] for facts in opened}
        alive = {session.handle for session in active_sessions(str(alice.pk))}
        assert counts.keys() <= begun
        assert begun - counts.keys() == alive
