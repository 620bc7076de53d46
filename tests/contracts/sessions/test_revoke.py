"""Ending sessions: one, all of a user, everybody's."""

from collections.abc import Callable

import pytest
import redis
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client

from sessionauth import revoke_all
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.flows.active_sessions import active_sessions
from sessionauth.flows.revoke import revoke, revoke_everybody, revoke_own
from sessionauth.signals import session_revoked
from sessionauth.stores import index, sessions
from tests.conftest import Heard
from tests.contracts.sessions.conftest import keys_in
from tests.sessionauth.conftest import session_key, stored, with_cookie

LogIn = Callable[..., Client]


def code(client: Client) -> int:
    return client.get("/api/me/", secure=True).status_code


class TestRevoke:
    @pytest.mark.usefixtures("alice")
    def test_one_session_ends_and_the_others_stay(self, log_in: LogIn) -> None:
        """The device that was lost, not the one in the hand."""
        lost, kept = log_in(), log_in()

        assert revoke(digest(session_key(lost)), "lost")

        assert [code(lost), code(kept)] == [401, 200]

    def test_index_forgets_what_ended(
        self, alice: User, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """The list shows what is alive."""
        revoke(digest(session_key(log_in())), "lost")

        assert not redis_client.exists(f"sa:u:{alice.pk}")

    @pytest.mark.usefixtures("alice")
    def test_crash_after_the_record_leaves_it_dead(
        self, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Record before index: an entry without a record harms nobody."""
        client = log_in()

        def crash(*_args: object) -> None:
            raise MemoryError

        monkeypatch.setattr(index, "forget", crash)
        with pytest.raises(MemoryError):
            revoke(digest(session_key(client)), "lost")

        assert code(client) == 401

    def test_unknown_session_is_no_error(self) -> None:
        """It may have idled out a moment ago."""
        assert not revoke("unknown", "test")

    @pytest.mark.usefixtures("alice")
    def test_revocation_is_told_and_logged(
        self, log_in: LogIn, heard: Heard, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Who was logged out must be able to learn why."""
        client = log_in()
        told = heard(session_revoked)

        with caplog.at_level("INFO", "sessionauth"):
            client.post("/auth/logout/", secure=True)

        assert [facts["reason"] for facts in told] == ["logout"]
        assert getattr(caplog.records[-1], "event", "") == "logout"


class TestRenewedMeanwhile:
    """The id that is shown was renewed a moment ago: the session ends all the same."""

    @pytest.mark.requirement("SES-06")
    def test_logout_with_the_old_id_ends_the_session(
        self, alice: User, log_in: LogIn, redis_client: redis.Redis, heard: Heard
    ) -> None:
        """A tab that renews and a tab that logs out, and the logout comes second."""
        late = log_in()
        session = SessionStore(session_key(late))
        session.cycle_key()
        session.cycle_key()
        told = heard(session_revoked)

        late.post("/auth/logout/", secure=True)

        assert [facts["session_digest"] for facts in told] == [
            digest(session.session_key or "")
        ]
        assert not SessionStore().exists(session.session_key)
        assert not redis_client.exists(f"sa:u:{alice.pk}")

    @pytest.mark.parametrize("step", ["create", "swap", "save"])
    def test_logout_in_the_midst_of_a_renewal_ends_the_session(
        self,
        alice: User,
        log_in: LogIn,
        monkeypatch: pytest.MonkeyPatch,
        step: str,
    ) -> None:
        """Whichever of its steps comes next, it finds that it is too late."""
        late = log_in()
        session = SessionStore(session_key(late))
        session.load()
        store = index if step == "swap" else sessions
        take_step = getattr(store, step)

        def overtaken(*args: object, **options: object) -> object:
            monkeypatch.setattr(store, step, take_step)
            revoke(digest(session_key(late)), "test")
            return take_step(*args, **options)

        monkeypatch.setattr(store, step, overtaken)
        session.cycle_key()

        assert session.get("_auth_user_id") is None
        assert active_sessions(str(alice.pk)) == []

    @pytest.mark.usefixtures("alice")
    def test_other_use_of_the_old_id_ends_nothing(self, log_in: LogIn) -> None:
        """A request that was under way, or a thief: refused, and the owner goes on."""
        late = log_in()
        old = session_key(late)
        session = SessionStore(old)
        session.cycle_key()

        assert code(late) == 401
        late.get("/put/?colour=red", secure=True)
        refused = SessionStore(old)
        assert refused.get("colour") is None
        refused.flush()

        assert SessionStore(session.session_key).get("_auth_user_id")

    @pytest.mark.requirement("SES-04")
    def test_id_from_before_the_login_ends_nothing(
        self, alice: User, log_in: LogIn
    ) -> None:
        """Who planted it has no power over the session of the victim."""
        planted = stored(colour="red").session_key or ""
        victim = log_in(client=with_cookie(planted))

        with_cookie(planted).post("/auth/logout/", secure=True)

        assert session_key(victim) != planted
        assert code(victim) == 200

    def test_end_by_the_old_handle_ends_the_session(
        self, alice: User, log_in: LogIn
    ) -> None:
        """The page with the list of sessions may be a minute old."""
        session = SessionStore(session_key(log_in()))
        old = digest(session.session_key or "")
        session.cycle_key()

        assert revoke_own(str(alice.pk), old, "test")
        assert not SessionStore().exists(session.session_key)

    def test_old_handle_of_another_user_is_left_alone(
        self, alice: User, bob: User, log_in: LogIn
    ) -> None:
        """As any other handle of theirs."""
        session = SessionStore(session_key(log_in("bob")))
        old = digest(session.session_key or "")
        session.cycle_key()

        assert not revoke_own(str(alice.pk), old, "test")
        assert SessionStore().exists(session.session_key)

    @pytest.mark.usefixtures("alice")
    def test_end_that_is_sent_twice_finds_the_way_both_times(
        self, log_in: LogIn
    ) -> None:
        """The first answer may be lost between the server and us."""
        session = SessionStore(session_key(log_in()))
        old = digest(session.session_key or "")
        session.cycle_key()

        answers = [sessions.delete(old), sessions.delete(old)]

        assert None not in answers
        assert answers[0] == answers[1]
        assert revoke(old, "test")
        assert not SessionStore().exists(session.session_key)


class TestRevokeAll:
    def test_every_session_of_the_user_ends(
        self, alice: User, bob: User, log_in: LogIn
    ) -> None:
        """And of nobody else."""
        mine = [log_in() for _ in range(3)]
        other = log_in("bob")

        assert revoke_all(alice, "test") == 3

        assert [code(client) for client in mine] == [401] * 3
        assert code(other) == 200

    def test_kept_session_stays(self, alice: User, log_in: LogIn) -> None:
        """Ending all others is what a user wants after a shock."""
        here, there = log_in(), log_in()

        assert revoke_all(alice, "test", keep=session_key(here)) == 1

        assert [code(here), code(there)] == [200, 401]

    def test_user_without_sessions_is_no_error(self, alice: User) -> None:
        """Receivers call it for everybody who is deactivated."""
        assert revoke_all(alice, "test") == 0

    def test_evicted_session_that_a_crash_left_alive_ends_too(
        self, alice: User, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """It does not count for the limit, but it was still a session."""
        client = log_in()
        member = digest(session_key(client))
        redis_client.zadd(f"sa:u:{alice.pk}", {member: 0})

        revoke_all(alice, "test")

        assert code(client) == 401

    def test_session_that_was_open_in_a_request_stays_ended(
        self, alice: User, log_in: LogIn
    ) -> None:
        """The request's own save comes after, and must not undo it."""
        session = SessionStore(session_key(log_in()))
        session["colour"] = "red"

        revoke_all(alice, "test")

        with pytest.raises(UpdateError):
            session.save()

    def test_session_that_is_renewed_meanwhile_ends_under_its_new_id(
        self, alice: User, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Listed under the old id, it moved before its turn came."""
        session = SessionStore(session_key(log_in()))
        session.load()
        list_until = index.listed_until

        def overtaken(user_id: str, until_us: int | None) -> object:
            found = list_until(user_id, until_us)
            if until_us is None:
                session.cycle_key()
            return found

        monkeypatch.setattr(index, "listed_until", overtaken)
        revoke_all(alice, "test")

        again = SessionStore(session.session_key)
        assert again.get("_auth_user_id") is None


class TestRevokeEverybody:
    @pytest.mark.usefixtures("alice", "bob")
    def test_nothing_is_left(self, log_in: LogIn, redis_client: redis.Redis) -> None:
        """The answer to a stolen database or a leaked backup."""
        clients = [log_in("alice"), log_in("bob")]
        stored(anonymous=True)

        assert revoke_everybody() == 3

        assert [code(client) for client in clients] == [401, 401]
        assert keys_in(redis_client) == set()


class TestLaterLogin:
    def test_login_that_begins_after_the_call_is_left_alone(
        self, alice: User, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever ends all logins and logs in again must not be out once more."""
        log_in()
        delete, later = sessions.delete, []

        def deleted(session_digest: str) -> bytes | None:
            monkeypatch.undo()
            later.append(log_in())
            return delete(session_digest)

        monkeypatch.setattr(sessions, "delete", deleted)

        assert revoke_all(alice, "test") == 1
        assert SessionStore().exists(session_key(later[0]))
