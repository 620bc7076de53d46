"""Rebuilding the indexes from the records, with logins and revocations going on."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.db import connection
from django.test import RequestFactory
from pytest_django import Settings

import sessionauth
from sessionauth import revoke_all
from sessionauth.conf import get_settings
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.flows.reindex import reindex
from sessionauth.flows.revoke import revoke_everybody
from sessionauth.stores import index, logins, sessions
from tests.sessionauth.conftest import stored


def opened(user: User) -> SessionStore:
    """A session into which the user has just logged in."""
    request = RequestFactory().get("/")
    request.session = SessionStore()
    sessionauth.login(request, user)
    return SessionStore(request.session.session_key)


def handle(session: SessionStore) -> str:
    return digest(session.session_key or "")


def is_alive(session: SessionStore) -> bool:
    return SessionStore(session.session_key).get("_auth_user_id") is not None


def listed(user: User) -> dict[str, int]:
    return index.listed_until(str(user.pk), None)[1]


def noted() -> list[str]:
    return [login.user_id for login in logins.read(logins.EVERYBODY, None, 99).logins]


def relist(user_id: str, session_digest: str, at_us: int) -> index.Relisted | None:
    login = index.Login(user_id=user_id, session_digest=session_digest, at_us=at_us)
    return index.relist(login, get_settings().timeouts)


def after(
    monkeypatch: pytest.MonkeyPatch, name: str, step: Callable[[], object]
) -> None:
    """Let a step of somebody else come right after the next call of the index."""
    real = getattr(index, name)

    def followed(*args: object, **kwargs: object) -> object:
        found = real(*args, **kwargs)
        monkeypatch.setattr(index, name, real)
        step()
        return found

    monkeypatch.setattr(index, name, followed)


class TestReindex:
    @pytest.mark.requirement("SES-10")
    def test_sessions_whose_index_was_lost_can_be_revoked_again(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """A key deleted by hand must not make sessions immortal."""
        lost = [opened(alice) for _ in range(3)]
        redis_client.delete(f"sa:u:{alice.pk}", "sa:l")
        assert revoke_all(alice, "test") == 0

        assert reindex() == 3

        assert revoke_all(alice, "test") == 3
        assert not any(is_alive(session) for session in lost)

    @pytest.mark.requirement("SES-10")
    def test_something_else_in_the_place_of_an_index_gives_way(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """Until then the user can neither log in nor be logged out."""
        session = opened(alice)
        for key in (f"sa:u:{alice.pk}", "sa:u:nobody", "sa:l"):
            redis_client.set(key, "nonsense")

        reindex()

        assert list(listed(alice)) == [handle(session)]
        assert noted() == [str(alice.pk)]
        assert not redis_client.exists("sa:u:nobody")
        assert is_alive(opened(alice))

    def test_entry_has_the_time_of_the_login(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """The limit evicts the oldest login, and revocations go by this time."""
        sessions_of_alice = [opened(alice) for _ in range(3)]
        before = listed(alice)
        redis_client.delete(f"sa:u:{alice.pk}")

        reindex()

        for session in sessions_of_alice:
            entry_us = listed(alice)[handle(session)]
            assert 0 <= before[handle(session)] - entry_us < 1_000_000
            assert session.record
            assert entry_us == (session.record.authenticated_at_ms or 0) * 1000

    def test_looking_for_what_is_missing_takes_one_round_trip(
        self, alice: User, round_trips: list[str]
    ) -> None:
        """It looks at every session there is; most of them are listed all right."""
        opened(alice)
        now_us, entries = index.listed_until(str(alice.pk), None)
        found = [
            index.Login(user_id=str(alice.pk), session_digest=member, at_us=at_us)
            for member, at_us in entries.items()
        ]
        round_trips.clear()

        assert index.unlisted(found, get_settings().timeouts, now_us) == []
        assert round_trips == ["PIPELINE"]

    def test_healthy_index_stays_as_it_is(self, alice: User) -> None:
        """It may be run from cron."""
        opened(alice)
        before = listed(alice)

        assert reindex() == 0
        assert reindex() == 0

        assert listed(alice) == before
        assert noted() == [str(alice.pk)]

    def test_dead_entries_go(self, alice: User, redis_client: redis.Redis) -> None:
        """What idled out stays listed until somebody looks."""
        session = opened(alice)
        redis_client.delete(f"sa:s:{handle(session)}")

        reindex()

        assert redis_client.dbsize() == 0

    def test_evicted_entry_stays_marked(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """It doesn't count for the limit any more, and its record must still go."""
        session = opened(alice)
        redis_client.zadd(f"sa:u:{alice.pk}", {handle(session): 0})

        reindex()

        assert listed(alice) == {handle(session): 0}

    def test_sessions_of_nobody_and_damaged_ones_are_left_alone(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """There is nobody to list them for."""
        stored(colour="red")
        redis_client.set("sa:s:text", "nonsense")
        redis_client.hset("sa:s:hash", mapping={"c": "x", "U": '"7"'})

        assert reindex() == 0

        assert redis_client.keys("sa:[ul]*") == []

    @pytest.mark.requirement("SES-11")
    def test_raised_absolute_timeout_reaches_the_indexes(
        self, settings: Settings, alice: User, redis_client: redis.Redis
    ) -> None:
        """They would expire before the sessions, which live by the new one."""
        opened(alice)
        settings.SESSIONAUTH = {"ABSOLUTE_TIMEOUT": timedelta(days=30)}

        reindex()

        for key in (f"sa:u:{alice.pk}", "sa:l"):
            assert redis_client.ttl(key) > timedelta(days=29).total_seconds()

    @pytest.mark.requirement("SES-11")
    def test_list_of_logins_lives_as_long_as_the_sessions(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """Also where the index of the user is in order."""
        opened(alice)
        redis_client.pexpire("sa:l", 1_000_000)

        reindex()

        assert redis_client.pttl("sa:l") > 86_000_000

    def test_entry_never_shortens_the_life_of_an_index(
        self, settings: Settings, alice: User, redis_client: redis.Redis
    ) -> None:
        """An older session is no reason to forget a newer one."""
        session = opened(alice)
        opened(alice)
        ago_ms = int(time.time() * 1000) - 3_600_000
        redis_client.hset(f"sa:s:{handle(session)}", "a", ago_ms)
        redis_client.zrem(f"sa:u:{alice.pk}", handle(session))

        reindex()

        assert redis_client.pttl(f"sa:u:{alice.pk}") > 86_400_000

    def test_session_at_its_end_is_not_listed(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """An index that is made for it would be one without an end."""
        session = opened(alice)
        redis_client.hset(f"sa:s:{handle(session)}", "a", 1_000_000)
        redis_client.delete(f"sa:u:{alice.pk}", "sa:l")

        reindex()

        assert redis_client.keys("sa:[ul]*") == []


class TestRaces:
    """One step of somebody else at each place where it could hurt."""

    def test_session_renewed_before_it_is_settled_is_not_listed(
        self, alice: User, monkeypatch: pytest.MonkeyPatch, redis_client: redis.Redis
    ) -> None:
        """Settled, its entry would let the renewal pass, whatever was revoked."""
        session = opened(alice)
        redis_client.delete(f"sa:u:{alice.pk}")
        after(monkeypatch, "relist", lambda: sessions.renew(handle(session), "new"))

        assert reindex() == 0

        assert listed(alice) == {}

    @pytest.mark.requirement("SES-10")
    @pytest.mark.parametrize(
        ("module", "step"),
        [(sessions, "create"), (index, "swap")],
        ids=["create", "swap"],
    )
    def test_renewal_does_not_survive_a_revocation_that_a_rebuild_overtook(
        self, alice: User, monkeypatch: pytest.MonkeyPatch, module: object, step: str
    ) -> None:
        """Renewed, revoked, then entered once more by who had read it before both.

        Before there is a record under the new id, the revocation finds none to delete.
        """
        session = opened(alice)
        session.load()
        old, login_us = handle(session), listed(alice)[handle(session)]
        real = getattr(module, step)

        def revoked_and_relisted(*args: object) -> object:
            revoke_all(alice, "test")
            relist(str(alice.pk), old, login_us)
            assert old in listed(alice)
            return real(*args)

        monkeypatch.setattr(module, step, revoked_and_relisted)
        session.cycle_key()

        assert not is_alive(session)

    def test_login_of_just_now_is_left_alone(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """It was missing a moment ago; unsettled it could not be renewed."""
        session = opened(alice)
        login_us = listed(alice)[handle(session)]

        assert relist(str(alice.pk), handle(session), login_us) is None

        assert redis_client.zscore(f"sa:u:{alice.pk}", handle(session)) == login_us

    def test_entry_that_a_revocation_took_away_is_not_settled(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """The second look at the record may have been just before the revocation."""
        session = opened(alice)
        user_id, login_us = str(alice.pk), listed(alice)[handle(session)]
        redis_client.delete(f"sa:u:{alice.pk}")
        entry = relist(user_id, handle(session), login_us)
        assert entry

        revoke_all(alice, "test")
        index.settle(entry, is_alive=True)

        assert listed(alice) == {}

    def test_entry_of_another_rebuild_is_not_settled(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """Each knows only what it has looked at itself."""
        session = opened(alice)
        user_id, login_us = str(alice.pk), listed(alice)[handle(session)]
        redis_client.delete(f"sa:u:{alice.pk}")
        first = relist(user_id, handle(session), login_us)
        second = relist(user_id, handle(session), login_us)
        assert first
        assert second

        index.settle(first, is_alive=True)
        unsettled = redis_client.zscore(f"sa:u:{alice.pk}", handle(session))
        index.settle(second, is_alive=True)

        assert first.score == second.score or unsettled == float(second.score)
        assert listed(alice) == {handle(session): login_us}

    def test_unsettled_entry_can_be_revoked(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """A rebuild that crashed leaves entries that count in full."""
        session = opened(alice)
        user_id, login_us = str(alice.pk), listed(alice)[handle(session)]
        redis_client.delete(f"sa:u:{alice.pk}")
        relist(user_id, handle(session), login_us)

        assert revoke_all(alice, "test") == 1

        assert not is_alive(session)

    def test_unsettled_entry_of_a_crash_is_settled_by_the_next_rebuild(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """Until then the session ends where it would be renewed."""
        session = opened(alice)
        session.load()
        user_id, login_us = str(alice.pk), listed(alice)[handle(session)]
        redis_client.delete(f"sa:u:{alice.pk}")
        relist(user_id, handle(session), login_us)

        reindex()
        session.cycle_key()

        assert is_alive(session)

    def test_user_whose_index_was_found_empty_before_is_not_dropped(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """An operator looked at the list before the rebuild, and drops after it."""
        opened(alice)
        redis_client.delete(f"sa:u:{alice.pk}")
        suspects = logins.read(logins.EVERYBODY, None, 9).logins

        reindex()
        logins.drop(suspects)

        assert noted() == [str(alice.pk)]

    @pytest.mark.parametrize("run", [reindex, revoke_everybody])
    def test_login_under_way_is_not_dropped(
        self,
        alice: User,
        monkeypatch: pytest.MonkeyPatch,
        run: Callable[[], int],
    ) -> None:
        """Who logs in during the command is listed afterwards."""
        opened(alice)
        entered: list[SessionStore] = []
        after(monkeypatch, "all_listed", lambda: entered.append(opened(alice)))

        run()

        assert handle(entered[0]) in listed(alice)
        assert is_alive(entered[0])
        assert noted() == [str(alice.pk)]

    def test_bare_record_of_a_login_under_way_keeps_its_entry(self) -> None:
        """It is listed, and in a moment it will be filled."""
        policy = get_settings().timeouts
        sessions.create("bare", policy)
        index.admit("7", "bare", None, (None, "evict_oldest"), policy)
        logins.note("7", policy)

        reindex()

        assert list(index.listed_until("7", None)[1]) == ["bare"]
        assert noted() == ["7"]


@pytest.mark.serial
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Real threads: what is alive at the end is listed, and what was ended is dead."""

    @pytest.mark.requirement("OPS-12")
    def test_rebuilds_at_once_with_logins_miss_none_of_them(
        self, alice: User, redis_client: redis.Redis
    ) -> None:
        """Nobody stops the site for it, and two operators may type it."""
        before = [opened(alice) for _ in range(20)]
        redis_client.delete(f"sa:u:{alice.pk}", "sa:l")

        entered = at_once(
            *[reindex] * 2, *[lambda: [opened(alice) for _ in range(10)]] * 4
        )

        alive = [*before, *(s for found in entered[2:] for s in found)]
        assert set(listed(alice)) == {handle(session) for session in alive}
        assert noted() == [str(alice.pk)]

    @pytest.mark.requirement("SES-10")
    def test_rebuilds_at_once_with_renewals_and_a_revocation_save_no_session(
        self, alice: User
    ) -> None:
        """Every session of before the revocation is dead afterwards, under any id."""
        before = [opened(alice) for _ in range(12)]
        for session in before:
            session.load()

        def renew(batch: list[SessionStore]) -> None:
            for session in batch:
                session.cycle_key()

        at_once(
            *[reindex] * 2,
            lambda: revoke_all(alice, "test"),
            *[lambda n=n: renew(before[n::3]) for n in range(3)],
        )

        assert not any(is_alive(session) for session in before)
        reindex()
        assert listed(alice) == {}


def at_once(*steps: Callable[[], Any]) -> list[Any]:
    """Run every step in a thread of its own, all started by one bell."""
    bell = threading.Barrier(len(steps))

    def run(step: Callable[[], Any]) -> Any:  # noqa: ANN401 # what the step returns
        bell.wait(timeout=60)
        try:
            return step()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))
