"""Login: a new id, an entry in the index, and only then the user."""

import time
from collections.abc import Callable

import pytest
import redis
from django.contrib.auth import login as django_login
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from pytest_django import Settings

from sessionauth import login, revoke_all
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.exceptions import LoginOvertaken, SessionLimitReached
from sessionauth.flows import login as flow
from sessionauth.signals import session_opened
from sessionauth.stores import index, logins
from tests.conftest import Heard
from tests.contracts.sessions.conftest import keys_in
from tests.sessionauth.conftest import session_key, stored, with_cookie

LogIn = Callable[..., Client]


def enter(user: User, session: SessionStore | None = None) -> SessionStore:
    """Log in through a bare request."""
    request = RequestFactory().get("/")
    request.session = session or SessionStore()
    login(request, user)
    return SessionStore(request.session.session_key)


def is_valid(session: SessionStore) -> bool:
    return SessionStore(session.session_key).get("_auth_user_id") is not None


class TestFixation:
    @pytest.mark.requirement("SES-04")
    @pytest.mark.usefixtures("alice")
    def test_id_known_before_the_login_is_dead_after_it(self, log_in: LogIn) -> None:
        """An attacker who planted their own session must not share the victim's."""
        victim = Client()
        victim.get("/put/?colour=red", secure=True)
        planted = session_key(victim)

        log_in(client=victim)

        assert session_key(victim) != planted
        thief = with_cookie(planted)
        assert thief.get("/api/me/", secure=True).status_code == 401
        assert thief.get("/look/", secure=True).content == b"nothing"
        assert victim.get("/look/", secure=True).content == b"red"

    @pytest.mark.requirement("SES-04")
    @pytest.mark.usefixtures("alice")
    def test_login_of_the_same_user_renews_the_id_too(self, log_in: LogIn) -> None:
        """Django keeps it: whoever copied the old one stays logged in."""
        client = log_in()
        client.get("/put/?colour=red", secure=True)
        old = session_key(client)

        log_in(client=client)

        assert session_key(client) != old
        assert with_cookie(old).get("/api/me/", secure=True).status_code == 401
        assert client.get("/look/", secure=True).content == b"red"

    @pytest.mark.requirement("SES-04")
    def test_anonymous_data_is_carried_into_one_login_only(
        self, alice: User, bob: User
    ) -> None:
        """Two tabs that log in at once must not both get the basket."""
        anonymous = stored(basket="tea")
        one = SessionStore(anonymous.session_key)
        two = SessionStore(anonymous.session_key)
        assert one["basket"] == two["basket"]

        first, second = enter(alice, one), enter(bob, two)

        assert first["basket"] == "tea"
        assert second.get("basket") is None
        assert second["_auth_user_id"] == str(bob.pk)

    @pytest.mark.requirement("SES-05")
    @pytest.mark.usefixtures("alice", "bob")
    def test_data_of_one_user_does_not_reach_the_next(self, log_in: LogIn) -> None:
        """A shared browser must not show Bob what Alice left in her session."""
        client = log_in("alice")
        client.get("/put/?colour=red", secure=True)

        log_in("bob", client)

        assert client.get("/look/", secure=True).content == b"nothing"

    @pytest.mark.requirement("SES-03")
    @pytest.mark.usefixtures("alice")
    def test_chosen_id_is_not_the_one_of_the_login(self, log_in: LogIn) -> None:
        """The server alone makes ids."""
        client = with_cookie("A" * 43)

        log_in(client=client)

        assert session_key(client) != "A" * 43


class TestIndex:
    def test_login_is_listed(self, alice: User) -> None:
        """Whoever ends all sessions must find it."""
        session = enter(alice)

        listed = index.listed_until(str(alice.pk), None)[1]
        assert list(listed) == [digest(session.session_key or "")]

    def test_login_through_django_is_listed_at_once(self, alice: User) -> None:
        """The admin and other apps call django.contrib.auth.login()."""
        request = RequestFactory().get("/")
        request.session = SessionStore()

        django_login(request, alice)

        assert len(index.listed_until(str(alice.pk), None)[1]) == 1

    @pytest.mark.requirement("SES-09")
    def test_login_overtaken_by_revoke_all_is_refused(
        self, alice: User, monkeypatch: pytest.MonkeyPatch, redis_client: redis.Redis
    ) -> None:
        """Listed but not yet filled: the revocation finds it, the login notices."""
        admit = flow._admit

        def overtaken(*args: str) -> None:
            admit(*args)
            revoke_all(alice, "test")

        monkeypatch.setattr(flow, "_admit", overtaken)

        with pytest.raises(LoginOvertaken):
            enter(alice)
        assert keys_in(redis_client, "sa:[su]:*") == set()

    def test_login_that_crashed_before_its_end_is_noted(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An operator's list may name who is gone, but misses nobody who is there."""

        def crash(*_args: object, **_options: object) -> None:
            raise MemoryError

        monkeypatch.setattr(flow, "save_session", crash)
        with pytest.raises(MemoryError):
            enter(alice)

        noted = logins.read(logins.Span(), None, 9).logins
        assert [login.user_id for login in noted] == [str(alice.pk)]

    def test_login_is_in_the_index_when_it_is_noted(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever reads the note and finds the index empty drops the note."""
        found: list[str] = []

        def note(user_id: str, *_args: object) -> None:
            found.extend(index.listed_until(user_id, None)[1])

        monkeypatch.setattr(logins, "note", note)
        session = enter(alice)

        assert found == [digest(session.session_key or "")]

    def test_same_browser_is_listed_once(self, alice: User) -> None:
        """Logging in again replaces the entry; it is not one device more."""
        session = enter(alice)
        session.load()

        enter(alice, session)

        assert len(index.listed_until(str(alice.pk), None)[1]) == 1


class TestLimit:
    def test_oldest_session_is_ended_at_the_limit(
        self, settings: Settings, alice: User
    ) -> None:
        """The newest login is the one that is wanted now."""
        settings.SESSIONAUTH = {"MAX_SESSIONS_PER_USER": 2}

        one, two, three = (enter(alice) for _ in range(3))

        assert [is_valid(s) for s in (one, two, three)] == [False, True, True]

    def test_login_is_refused_at_the_limit_if_the_policy_says_so(
        self, settings: Settings, alice: User, redis_client: redis.Redis
    ) -> None:
        """What is there stays, and the refused login leaves nothing behind."""
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 1,
            "SESSION_LIMIT_POLICY": "deny",
        }
        first = enter(alice)

        with pytest.raises(SessionLimitReached):
            enter(alice)

        assert is_valid(first)
        assert len(keys_in(redis_client, "sa:[su]:*")) == 2

    def test_ended_session_makes_room(self, settings: Settings, alice: User) -> None:
        """Who logged out somewhere must be able to log in elsewhere."""
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 1,
            "SESSION_LIMIT_POLICY": "deny",
        }
        enter(alice).flush()

        assert is_valid(enter(alice))

    def test_round_trips_at_the_limit_do_not_grow_with_it(
        self, settings: Settings, alice: User, round_trips: list[str]
    ) -> None:
        """Who may have many sessions must not wait for each of them in turn."""
        took = []
        for limit in (4, 16):
            settings.SESSIONAUTH = {"MAX_SESSIONS_PER_USER": limit}
            for _ in range(limit):
                enter(alice)
            round_trips.clear()
            enter(alice)
            # Records may lie on any node of a cluster; a node may be taught a script.
            took.append([n for n in round_trips if n not in {"PIPELINE", "EVAL"}])

        assert took[0] == took[1]

    def test_sessions_of_other_users_do_not_count(
        self, settings: Settings, alice: User, bob: User
    ) -> None:
        """The limit is each user's own."""
        settings.SESSIONAUTH = {"MAX_SESSIONS_PER_USER": 1}
        session = enter(alice)

        enter(bob)

        assert is_valid(session)


class TestRecord:
    def test_device_and_address_are_kept(
        self, alice: User, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """The user must recognise the session in the list."""
        client = Client(headers={"user-agent": "curl/8.5.0"})
        log_in(client=client)

        fields = redis_client.hgetall("sa:s:" + digest(session_key(client)))

        assert (fields[b"d"], fields[b"p"]) == (b"curl", b"127.0.0.1")

    def test_login_moves_the_absolute_anchor(self, alice: User) -> None:
        """A fresh password is worth a fresh day; nothing else is."""
        session = enter(alice)
        assert session.record is not None
        before = session.record.authenticated_at_ms
        session.cycle_key()
        assert session.record.authenticated_at_ms == before
        time.sleep(0.002)  # the store counts milliseconds

        again = enter(alice, session)

        assert again.record is not None
        assert (again.record.authenticated_at_ms or 0) > (before or 0)

    def test_stored_session_is_small(
        self, alice: User, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """A million of them must fit into half a gigabyte, index and label included."""
        clients = [Client(headers={"user-agent": "Firefox/1 Linux"}) for _ in range(5)]
        for client in clients:
            log_in(client=client)
            client.get("/api/me/", secure=True)

        used = sum(
            redis_client.memory_usage(key) or 0 for key in redis_client.keys("*")
        )

        assert used / 5 <= 420


class TestSignal:
    def test_login_is_told_and_logged_without_the_id(
        self,
        alice: User,
        log_in: LogIn,
        heard: Heard,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """An audit trail must not be a list of keys to the house."""
        told = heard(session_opened)

        with caplog.at_level("INFO", "sessionauth"):
            client = log_in(client=Client(headers={"user-agent": "curl/8.5.0"}))

        key = session_key(client)
        assert told[0]["user_id"] == str(alice.pk)
        assert told[0]["session_digest"] == digest(key)
        assert told[0]["device"] == "curl"
        assert key not in caplog.text + repr(told) + repr(caplog.records[0].__dict__)

    def test_failing_receiver_breaks_no_login(self, alice: User, heard: Heard) -> None:
        """A mail server that is down must lock nobody out."""
        told = heard(session_opened, failure=RuntimeError())

        session = enter(alice)

        assert len(told) == 1
        assert is_valid(session)
