"""Real threads on a real server: what happens at the same time elsewhere."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from pytest_django import Settings

from sessionauth import login, revoke_all
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.exceptions import LoginRefused
from sessionauth.stores import index
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
