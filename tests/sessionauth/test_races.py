"""Real threads on a real server: what happens at the same time elsewhere."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory
from pytest_django import Settings

from sessionauth import login, revoke_all
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.exceptions import LoginRefused
from sessionauth.flows.authenticate import authenticate
from sessionauth.stores import index
from sessionauth.stores import sessions as sessions_store
from tests.crowd import crowd_of
from tests.sessionauth.conftest import session_key, stored

LogIn = Callable[..., Client]

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]


def at_once(*steps: Callable[[], object]) -> list[object]:
    """Run every step in a thread of its own, all started by one bell."""
    bell = threading.Barrier(len(steps))

    def run(step: Callable[[], object]) -> object:
        bell.wait(timeout=60)
        try:
            return step()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def enter(user: User) -> SessionStore | None:
    """Log in; None if the login was refused."""
    request = RequestFactory().get("/")
    request.session = SessionStore()
    try:
        login(request, user)
    except LoginRefused:
        return None
    return SessionStore(request.session.session_key)


def is_valid(session: SessionStore | None) -> bool:
    if session is None:
        return False
    return SessionStore(session.session_key).get("_auth_user_id") is not None


def listed(user: User) -> set[str]:
    times = index.listed_until(str(user.pk), None)[1]
    return {member for member, time in times.items() if time}


def records() -> set[str]:
    """The digests of whatever the store holds as a session, be it only a bare one.

    Not what a renewal left behind.
    """
    with redis.Redis.from_url(os.environ["TEST_REDIS_URL"]) as client:
        keys = list(client.scan_iter("sa:s:*", count=1000))
        return {
            key.decode().removeprefix("sa:s:")
            for key in keys
            if not client.hexists(key, "r")
        }


def digest_of(session: SessionStore) -> str:
    return digest(session.session_key or "")


class TestSaving:
    @pytest.mark.requirement("SES-07")
    def test_saves_at_once_with_a_logout_never_bring_the_session_back(
        self, redis_client: redis.Redis
    ) -> None:
        """Whatever the order, the session is gone afterwards."""

        def save(key: str | None, name: str) -> None:
            session = SessionStore(key)
            session[name] = "late"
            try:
                session.save()
            except Exception as error:  # noqa: BLE001
                assert type(error).__name__ == "UpdateError"  # noqa: PT017

        for _ in range(50):
            key = stored(k="v").session_key
            at_once(
                SessionStore(key).flush,
                *(lambda n=name, k=key: save(k, n) for name in "abc"),
            )
            assert not SessionStore().exists(key)
            redis_client.flushdb()

    @pytest.mark.requirement("SES-14")
    def test_saves_of_different_keys_at_once_all_win(self) -> None:
        """One field per key: nobody writes what somebody else changed."""
        key = stored(start=0).session_key

        def count(name: str) -> None:
            for n in range(20):
                session = SessionStore(key)
                session[name] = n
                session.save()

        at_once(*(lambda n=name: count(n) for name in "abcdefgh"))

        assert dict(SessionStore(key).items()) == {
            "start": 0,
            **dict.fromkeys("abcdefgh", 19),
        }

    @pytest.mark.requirement("SES-04")
    def test_renewals_at_once_leave_one_session(self) -> None:
        """Two copies of the data under two ids would be two logins."""
        for _ in range(50):
            key = stored(basket="tea").session_key
            sessions = [SessionStore(key) for _ in range(4)]
            for session in sessions:
                session.get("basket")

            at_once(*(session.cycle_key for session in sessions))

            baskets = [session.get("basket") for session in sessions]
            assert sorted(baskets, key=str) == [None, None, None, "tea"]

    @pytest.mark.requirement("SES-07")
    @pytest.mark.slow
    def test_saves_at_once_with_a_revocation_and_renewals_bring_nothing_back(
        self, alice: User
    ) -> None:
        """Save, renewal and user check race with the end of it: nothing survives."""

        def change(key: str | None, act: Callable[[SessionStore], object]) -> object:
            session = SessionStore(key)
            try:
                session["late"] = act.__name__
                return act(session)
            except UpdateError:
                return None

        with crowd_of(13) as crowd:
            for _ in range(50):
                session = enter(alice)
                assert session is not None
                key = session.session_key

                crowd.all_at_once(
                    lambda: revoke_all(alice, "test"),
                    *[
                        lambda key=key, act=act: change(key, act)
                        for act in (
                            SessionStore.save,
                            SessionStore.cycle_key,
                            SessionStore.flush,
                        )
                        * 4
                    ],
                )

                assert listed(alice) == set()
                assert not is_valid(session)
                assert [d for d in records() if sessions_store.delete(d)] == []

    @pytest.mark.requirement("SES-04", "SES-14")
    @pytest.mark.slow
    def test_renewals_at_once_with_saves_lose_no_change(self, alice: User) -> None:
        """A change is under the new id, or its request is told that it was dropped."""

        def save(key: str | None, name: str) -> str | None:
            session = SessionStore(key)
            session[name] = 1
            try:
                session.save()
            except UpdateError:
                return None
            return name if session.session_key == key else None

        def renew(key: str | None) -> SessionStore:
            session = SessionStore(key)
            session.cycle_key()
            return session

        with crowd_of(9) as crowd:
            for _ in range(50):
                key = stored(start=0).session_key
                renewed, *saved = crowd.all_at_once(
                    lambda key=key: renew(key),
                    *[lambda key=key, n=name: save(key, n) for name in "abcdefgh"],
                )

                assert isinstance(renewed, SessionStore)
                kept = set(SessionStore(renewed.session_key).keys())
                assert kept == {"start", *filter(None, saved)}


class TestLogins:
    @pytest.mark.requirement("SES-08")
    @pytest.mark.slow
    def test_64_logins_at_once_are_64_entries(self, alice: User) -> None:
        """A lost entry is a session that nobody can end."""
        sessions = at_once(*(lambda: enter(alice) for _ in range(64)))

        assert len(listed(alice)) == 64
        assert all(is_valid(s) for s in sessions)  # type: ignore[arg-type]
        assert revoke_all(alice, "test") == 64
        assert not any(is_valid(s) for s in sessions)  # type: ignore[arg-type]

    @pytest.mark.requirement("SES-09")
    @pytest.mark.slow
    def test_revoke_all_among_64_logins_leaves_nothing_unlisted(
        self, alice: User
    ) -> None:
        """A hundred rounds, so that the revocation falls into every step of a login."""
        with crowd_of(65) as crowd:
            for _ in range(100):
                results = crowd.all_at_once(
                    lambda: revoke_all(alice, "test"),
                    *[lambda: enter(alice)] * 64,
                )

                sessions = [s for s in results if isinstance(s, SessionStore)]
                valid = {digest_of(s) for s in sessions if is_valid(s)}
                assert valid <= listed(alice)
                revoke_all(alice, "test")
                assert not any(is_valid(s) for s in sessions)
                assert records() == set()

    @pytest.mark.requirement("SES-09", "SES-16")
    @pytest.mark.slow
    @pytest.mark.parametrize("fault", ["password", "deactivated", "deleted"])
    def test_login_begun_before_a_change_of_the_user_does_not_outlive_it(
        self, alice: User, fault: str
    ) -> None:
        """The old password was right when it was typed; the session is not any more."""
        changes = {
            "password": lambda: User.objects.filter(pk=alice.pk).update(password="new"),
            "deactivated": lambda: User.objects.filter(pk=alice.pk).update(
                is_active=False
            ),
            "deleted": lambda: User.objects.filter(pk=alice.pk).delete(),
        }

        def change() -> None:
            changes[fault]()
            revoke_all(alice, "test")

        def log_in_as_found() -> SessionStore | None:
            found = User.objects.filter(pk=alice.pk, password=alice.password).first()
            if found is None or not found.is_active:
                return None
            try:
                return enter(found)
            except DatabaseError:
                return None  # last_login of a row that is gone

        with crowd_of(17) as crowd:
            for _ in range(20):
                alice.save(force_insert=not User.objects.filter(pk=alice.pk).exists())
                results = crowd.all_at_once(change, *[log_in_as_found] * 16)

                for session in filter(None, results):
                    request = RequestFactory().get("/")
                    request.session = session
                    assert authenticate(request, session) is None
                    assert not is_valid(session)
                assert listed(alice) == set()
                assert [d for d in records() if sessions_store.delete(d)] == []

    @pytest.mark.requirement("SES-09")
    @pytest.mark.slow
    def test_revoke_all_at_once_with_logins_leaves_nothing_unlisted(
        self, alice: User
    ) -> None:
        """A login is listed and revoked, or refused, or after: never in between."""
        for _ in range(30):
            steps = [lambda: enter(alice) for _ in range(8)]
            results = at_once(*steps, lambda: revoke_all(alice, "test"))

            sessions = [s for s in results if isinstance(s, SessionStore)]
            valid = {digest_of(s) for s in sessions if is_valid(s)}
            assert valid <= listed(alice)
            revoke_all(alice, "test")
            assert not any(is_valid(s) for s in sessions)

    @pytest.mark.slow
    def test_revoke_all_at_once_with_renewals_leaves_nothing_valid(
        self, alice: User
    ) -> None:
        """A renewal is no login: under whichever id, the session ends."""
        for _ in range(50):
            session = enter(alice)
            assert session is not None
            session.get("_auth_user_id")

            at_once(session.cycle_key, lambda: revoke_all(alice, "test"))

            assert not is_valid(session)
            assert not listed(alice)

    @pytest.mark.requirement("LST-04")
    @pytest.mark.slow
    @pytest.mark.parametrize("policy", ["evict_oldest", "deny"])
    def test_limit_is_exact_for_logins_at_once(
        self, settings: Settings, alice: User, policy: str
    ) -> None:
        """Ten logins, three places: three sessions, whichever."""
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 3,
            "SESSION_LIMIT_POLICY": policy,
        }
        for _ in range(10):
            sessions = at_once(*(lambda: enter(alice) for _ in range(10)))

            valid = [s for s in sessions if is_valid(s)]  # type: ignore[arg-type]
            assert len(valid) == 3
            assert listed(alice) == {digest_of(s) for s in valid}  # type: ignore[arg-type]
            revoke_all(alice, "test")

    @pytest.mark.requirement("LST-04")
    @pytest.mark.slow
    @pytest.mark.parametrize("policy", ["evict_oldest", "deny"])
    def test_limit_is_exact_for_64_logins_and_leaves_no_bare_record(
        self, settings: Settings, alice: User, policy: str
    ) -> None:
        """Whoever was refused or evicted half-way leaves nothing in the store."""
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 3,
            "SESSION_LIMIT_POLICY": policy,
        }
        with crowd_of(64) as crowd:
            for _ in range(5):
                sessions = crowd.all_at_once(lambda: enter(alice))

                valid = {digest_of(s) for s in sessions if s and is_valid(s)}
                assert len(valid) == 3
                assert listed(alice) == valid
                assert records() == valid
                revoke_all(alice, "test")

    @pytest.mark.requirement("LST-04")
    @pytest.mark.slow
    @pytest.mark.parametrize("policy", ["evict_oldest", "deny"])
    def test_dead_members_take_no_place_in_the_limit(
        self, settings: Settings, alice: User, policy: str
    ) -> None:
        """Who died of idleness is still listed; nobody has to go for that."""
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 3,
            "SESSION_LIMIT_POLICY": policy,
        }
        with crowd_of(10) as crowd:
            for _ in range(10):
                living = enter(alice)
                for dead in (enter(alice), enter(alice)):
                    sessions_store.delete(digest_of(dead))  # type: ignore[arg-type]
                assert len(listed(alice)) == 3

                at_once = [lambda: enter(alice)] * 2 + [lambda: None] * 8
                entered = [s for s in crowd.all_at_once(*at_once) if s]

                assert len(entered) == 2
                assert all(map(is_valid, [living, *entered]))
                assert len(listed(alice)) == 3
                revoke_all(alice, "test")

    @pytest.mark.requirement("LST-04")
    @pytest.mark.slow
    def test_limit_is_exact_where_the_client_sends_every_call_twice(
        self, settings: Settings, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An answer that is lost must evict nobody a second time."""
        settings.SESSIONAUTH = {"MAX_SESSIONS_PER_USER": 3}
        execute = redis.Redis.execute_command

        def twice(self: redis.Redis, *args: object, **options: object) -> object:
            if args[0] == "EVALSHA":
                execute(self, *args, **options)
            return execute(self, *args, **options)

        first, second = enter(alice), enter(alice)
        monkeypatch.setattr(redis.Redis, "execute_command", twice)
        third = enter(alice)
        assert all(map(is_valid, (first, second, third)))

        fourth = enter(alice)

        assert [is_valid(s) for s in (first, second, third, fourth)] == [
            False,
            True,
            True,
            True,
        ]
        with crowd_of(10) as crowd:
            sessions = crowd.all_at_once(lambda: enter(alice))
        valid = {digest_of(s) for s in sessions if s and is_valid(s)}
        assert len(valid) == 3
        assert listed(alice) == records() == valid

    @pytest.mark.requirement("SES-06")
    def test_revocation_is_seen_by_every_process_at_once(
        self, alice: User, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """After revoke_all has returned, no request is let in, on any connection."""
        client = log_in()
        key = session_key(client)
        ended = threading.Event()
        late: list[object] = []

        def ask() -> None:
            answers = 0
            while answers < 50:
                was_over = ended.is_set()
                user_id = SessionStore(key).get("_auth_user_id")
                if was_over:
                    late.append(user_id)
                    answers += 1

        def end() -> None:
            try:
                revoke_all(alice, "test")
            finally:
                ended.set()

        at_once(*[ask] * 4, end)

        assert set(late) == {None}
