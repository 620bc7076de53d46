"""Renewal of sessions that somebody is logged in to."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from sessionauth import revoke_all
from sessionauth.conf import SessionLimitPolicy, get_settings
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.stores import index, sessions
from tests.sessionauth.conftest import session_key

LogIn = Callable[..., Client]


def session_of(client: Client) -> SessionStore:
    return SessionStore(session_key(client))


class TestRenewal:
    def test_index_follows_the_new_id(self, alice: User, log_in: LogIn) -> None:
        """A renewed session must stay revocable."""
        session = session_of(log_in())
        before = index.listed_until(str(alice.pk), None)[1]
        session.cycle_key()

        after = index.listed_until(str(alice.pk), None)[1]

        assert list(after) == [digest(session.session_key or "")]
        assert list(after.values()) == list(before.values())

    def test_revocation_before_the_swap_wins(
        self, alice: User, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Begun before the revocation, the renewal must not outlive it."""
        session = session_of(log_in())
        session.load()
        swap = index.swap

        def overtaken(*args: str) -> bool:
            revoke_all(alice, "test")
            return swap(*args)

        monkeypatch.setattr(index, "swap", overtaken)
        session.cycle_key()

        assert session.get("_auth_user_id") is None
        assert index.listed_until(str(alice.pk), None)[1] == {}

    def test_revocation_after_the_swap_wins(
        self, alice: User, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It finds the new id by its old time of login, bare as it is."""
        session = session_of(log_in())
        session.load()
        swap = index.swap

        def overtaken(*args: str) -> bool:
            done = swap(*args)
            revoke_all(alice, "test")
            return done

        monkeypatch.setattr(index, "swap", overtaken)
        session.cycle_key()

        assert session.get("_auth_user_id") is None
        assert session.session_key is None

    @pytest.mark.usefixtures("alice")
    def test_crash_between_the_steps_leaves_no_second_session(
        self, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It may cost the session; it must not leave it alive under two ids."""
        session = session_of(log_in())
        old = session.session_key
        session.load()

        def crash(*_args: object) -> None:
            raise MemoryError

        monkeypatch.setattr(sessions, "create", crash)
        with pytest.raises(MemoryError):
            session.cycle_key()

        assert SessionStore(old).get("_auth_user_id") is None

    @pytest.mark.usefixtures("alice")
    def test_renewal_that_comes_too_late_leaves_no_record(
        self, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Put out at the limit, it would lie there bare until its idle timeout."""
        session = session_of(log_in())
        session.load()
        swap, made = index.swap, []

        def overtaken(user_id: str, old: str, new: str) -> bool:
            made.append(new)
            limit = (1, SessionLimitPolicy.EVICT_OLDEST)
            index.admit(user_id, "another", None, limit, get_settings().timeouts)
            return swap(user_id, old, new)

        monkeypatch.setattr(index, "swap", overtaken)
        session.cycle_key()

        assert not sessions.stored_among(made)
