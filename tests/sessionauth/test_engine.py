"""The session engine, as Django and applications use it."""

import time
from datetime import timedelta
from typing import Any

import pytest
import redis
from asgiref.sync import async_to_sync
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.test import override_settings
from django.utils import timezone
from pytest_django import Settings

from sessionauth.core.session_id import digest, new_session_key
from sessionauth.engine import SessionStore
from tests.sessionauth.conftest import stored


def again(session: SessionStore) -> SessionStore:
    """The same session in another request."""
    return SessionStore(session.session_key)


class TestLoad:
    def test_session_without_an_id_asks_nobody(self, round_trips: list[str]) -> None:
        """Most requests have no session; they must cost nothing."""
        assert SessionStore().get("k") is None
        assert round_trips == []

    def test_text_that_is_no_id_asks_nobody(self, round_trips: list[str]) -> None:
        """Rubbish in the cookie is refused before the network."""
        session = SessionStore("x" * 43)

        assert session.get("k") is None
        assert session.session_key is None
        assert round_trips == []

    @pytest.mark.requirement("SES-03")
    def test_unknown_id_is_not_adopted(self) -> None:
        """An attacker who plants an id must not know the session's later."""
        chosen = new_session_key()
        session = SessionStore(chosen)
        session["k"] = 1
        session.save()

        assert session.session_key != chosen
        assert not SessionStore().exists(chosen)

    @pytest.mark.requirement("SES-02")
    def test_store_holds_only_the_digest(self, redis_client: redis.Redis) -> None:
        """Who reads Redis, or its backup, must hold nothing that logs in."""
        session = stored(k="v")
        key = session.session_key or ""

        (name,) = redis_client.keys()

        assert name == b"sa:s:" + digest(key).encode()
        assert key.encode() not in repr(redis_client.hgetall(name)).encode()

    def test_load_takes_one_round_trip(self, round_trips: list[str]) -> None:
        """The hot path: everything else is a view's own business."""
        session = again(stored(k="v", l=1))
        round_trips.clear()

        assert session["k"] == "v"
        assert session["l"] == 1
        assert round_trips == ["EVALSHA"]

    @pytest.mark.requirement("SES-13")
    @pytest.mark.parametrize(
        "damage",
        [
            {"c": "soon"},
            {"c": "nan"},
            {"c": "1e400"},
            {"i": "nan"},
            {"i": "1.5"},
            {"i": "-inf"},
            {"x": "inf"},
            {"q": "1"},
            {":k": b"\xff"},
            {":k": b"\x80\x04K\x01."},
            {"U": '"no number"'},
            {":_session_expiry": '"soon"'},
            {":_session_expiry": "1e400"},
        ],
        ids=repr,
    )
    def test_corrupt_record_is_no_session_and_logged_once(
        self,
        redis_client: redis.Redis,
        caplog: pytest.LogCaptureFixture,
        damage: dict[str, Any],
    ) -> None:
        """Garbage logs out; a 500 at every request would shut the user out."""
        session = stored(k="v")
        redis_client.hset("sa:s:" + digest(session.session_key or ""), mapping=damage)

        for _ in range(2):
            assert again(session).get("k") is None

        events = [getattr(record, "event", "") for record in caplog.records]
        assert events == ["record_corrupt"]

    @pytest.mark.requirement("SES-13")
    def test_record_of_another_type_is_no_session(
        self, redis_client: redis.Redis
    ) -> None:
        """A string in the place of a hash is garbage, not an outage."""
        session = stored(k="v")
        redis_client.set("sa:s:" + digest(session.session_key or ""), "text")

        assert again(session).get("k") is None

    @pytest.mark.requirement("TMO-02")
    def test_session_past_its_absolute_end_is_no_session(
        self, settings: Settings, redis_client: redis.Redis
    ) -> None:
        """A policy that was shortened takes effect for sessions that are there."""
        session = stored(k="v")
        time.sleep(0.05)
        brief = timedelta(milliseconds=40)
        settings.SESSIONAUTH = {"IDLE_TIMEOUT": brief, "ABSOLUTE_TIMEOUT": brief}

        assert again(session).get("k") is None
        assert redis_client.dbsize() == 0

    @pytest.mark.requirement("TMO-02")
    def test_busy_session_ends_at_its_absolute_end(
        self, redis_client: redis.Redis
    ) -> None:
        """Using it all the time must not carry it past the end."""
        session = stored(k="v")
        name = "sa:s:" + digest(session.session_key or "")
        minute, day = 60_000, 86_400_000

        redis_client.hincrby(name, "c", minute - day)
        for _ in range(6):
            assert again(session)["k"] == "v"
            assert 0 < redis_client.pttl(name) <= minute
        redis_client.hincrby(name, "c", -minute)

        assert again(session).get("k") is None
        assert not redis_client.exists(name)


class TestSave:
    def test_unchanged_session_sends_nothing(self, round_trips: list[str]) -> None:
        """SESSION_SAVE_EVERY_REQUEST must not double the cost: a load is a touch."""
        session = again(stored(k="v"))
        session.get("k")
        round_trips.clear()

        session.save()

        assert round_trips == []

    def test_change_inside_a_value_is_saved(self) -> None:
        """As in Django: who changes a list in place sets ``modified``."""
        session = again(stored(basket=[]))
        session["basket"].append("tea")
        session.modified = True
        session.save()

        assert again(session)["basket"] == ["tea"]

    @pytest.mark.requirement("SES-14")
    def test_two_requests_that_change_different_keys_both_win(self) -> None:
        """The last one would otherwise undo what the other one did."""
        session = stored(a=1, b=1, c=1)
        one, two = again(session), again(session)
        one["a"], two["b"] = 2, 2
        del two["c"]
        one.save()
        two.save()

        assert dict(again(session).items()) == {"a": 2, "b": 2}

    @pytest.mark.requirement("SES-07")
    def test_slow_request_can_not_bring_an_ended_session_back(
        self, redis_client: redis.Redis
    ) -> None:
        """Read, then logout elsewhere, then save: the logout stands."""
        session = stored(k="v")
        slow = again(session)
        slow["k"] = "slow"
        again(session).flush()

        with pytest.raises(UpdateError):
            slow.save()

        assert redis_client.dbsize() == 0

    def test_dropped_save_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        """Lost data must be traceable."""
        session = stored(k="v")
        slow = again(session)
        slow["k"] = "slow"
        again(session).flush()

        with caplog.at_level("INFO", "sessionauth"), pytest.raises(UpdateError):
            slow.save()

        assert getattr(caplog.records[-1], "event", "") == "save_dropped"

    def test_must_create_refuses_an_id_in_use(self) -> None:
        """Create and replace are two things."""
        session = stored(k="v")

        with pytest.raises(CreateError):
            again(session).save(must_create=True)
        assert again(session)["k"] == "v"

    def test_cleared_session_is_stored_empty(self) -> None:
        """clear() does not load first, and must remove what is stored all the same."""
        session = stored(k="v")
        cleared = again(session)
        cleared.clear()
        cleared.save()

        assert dict(again(session).items()) == {}

    def test_cleared_session_that_ended_is_not_brought_back(self) -> None:
        """The way without a load must not be the way around the check."""
        session = stored(k="v")
        cleared = again(session)
        cleared.clear()
        again(session).flush()

        with pytest.raises(UpdateError):
            cleared.save()


class TestCycleKey:
    @pytest.mark.requirement("SES-04")
    def test_data_moves_to_a_new_id_and_the_old_one_is_dead(self) -> None:
        """What an attacker knew before is worth nothing after."""
        session = stored(a=1, b=[2])
        old = session.session_key
        session["a"] = "unsaved"
        session.cycle_key()

        assert session.session_key != old
        assert not session.exists(old)
        assert dict(SessionStore(old).items()) == {}
        assert dict(again(session).items()) == {"a": "unsaved", "b": [2]}

    def test_change_by_another_request_moves_along(self) -> None:
        """It was saved before the renewal, so it counts."""
        session = stored(a=1)
        other = again(session)
        other["b"] = 2
        other.save()
        session.cycle_key()

        assert dict(again(session).items()) == {"a": 1, "b": 2}

    @pytest.mark.requirement("SES-04")
    def test_data_is_carried_over_once(self) -> None:
        """Two renewals of one session must not make two sessions of it."""
        session = stored(k="v")
        one, two = again(session), again(session)
        assert one["k"] == two["k"]
        one.cycle_key()
        two.cycle_key()

        assert again(one)["k"] == "v"
        assert two.get("k") is None
        assert two.session_key is None

    def test_ended_session_is_not_renewed(self, redis_client: redis.Redis) -> None:
        """A renewal is a save too: it must not undo a logout."""
        session = stored(k="v")
        again(session).flush()
        session.cycle_key()

        assert dict(session.items()) == {}
        assert redis_client.dbsize() == 0

    def test_empty_session_is_created(self) -> None:
        """Django's login() renews the id before anything is stored."""
        session = SessionStore()
        session.cycle_key()

        assert session.exists(session.session_key)

    def test_use_of_the_old_id_is_logged(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is a request that was under way, or a thief: somebody may want to know."""
        session = stored(k="v")
        old = again(session)
        session.cycle_key()
        old.load()

        assert getattr(caplog.records[-1], "event", "") == "renewed_id_used"


class TestFlush:
    def test_flush_after_a_logout_asks_for_nothing_twice(
        self, round_trips: list[str]
    ) -> None:
        """What the client showed has ended; a second logout has nothing to end."""
        session = again(stored(k="v"))
        session.logged_out = True
        session.flush()
        asked = len(round_trips)

        session.flush()

        assert asked
        assert len(round_trips) == asked


class TestExpiry:
    def test_seconds_shorten_the_idle_time_on_the_server(
        self, redis_client: redis.Redis
    ) -> None:
        """A cookie that expires is no protection: the thief's copy does not."""
        session = SessionStore()
        session.set_expiry(90)
        session["k"] = "v"
        session.save()

        name = "sa:s:" + digest(session.session_key or "")
        assert 0 < redis_client.pttl(name) <= 90_000
        again(session).load()
        assert 0 < redis_client.pttl(name) <= 90_000

    def test_expiry_never_lengthens(self, redis_client: redis.Redis) -> None:
        """The policy is the most that anybody gets."""
        session = SessionStore()
        session.set_expiry(timedelta(days=400))
        session.save()

        name = "sa:s:" + digest(session.session_key or "")
        assert redis_client.pttl(name) <= 1_800_000

    def test_instant_that_has_passed_ends_the_session(self) -> None:
        """As in Django: it is gone at the next request."""
        session = SessionStore()
        session.set_expiry(timezone.now() - timedelta(seconds=1))
        session["k"] = "v"
        session.save()

        assert again(session).get("k") is None

    def test_cookie_lives_no_longer_than_the_session(self) -> None:
        """CKE-07: SESSION_COOKIE_AGE is two weeks, a session one day."""
        with override_settings(SESSION_EXPIRE_AT_BROWSER_CLOSE=False):
            assert stored(k="v").cookie_age() == 86_400

    def test_cookie_ends_with_the_browser_by_default(self) -> None:
        """On a shared computer nobody must remember to log out."""
        assert stored(k="v").cookie_age() is None

    def test_cookie_follows_an_expiry_of_its_own(self) -> None:
        """Remember-me is an expiry that the session has for itself."""
        session = SessionStore()
        session.set_expiry(600)
        session.save()

        assert session.cookie_age() == 600


class TestAsync:
    def test_every_step_works_without_blocking_the_loop(self) -> None:
        """ASGI views use the same sessions as WSGI ones."""

        async def steps() -> None:
            session = SessionStore()
            await session.aset("k", "v")
            await session.asave()
            old = session.session_key
            await session.acycle_key()

            assert session.session_key != old
            assert not await session.aexists(old or "")
            assert await again(session).aget("k") == "v"
            await session.aflush()
            assert await SessionStore(old).aget("k") is None

        async_to_sync(steps)()

    def test_flush_forgets_as_the_sync_one_does(self) -> None:
        """Django's own aflush() would leave our knowledge of the record behind."""

        async def steps() -> None:
            session = SessionStore()
            await session.aset("k", "v")
            await session.asave()
            await session.aflush()
            assert session.record is None
            await session.aset("k", "new")
            await session.asave()

            assert await again(session).aget("k") == "new"

        async_to_sync(steps)()


class TestClearExpired:
    def test_clearsessions_has_nothing_to_do(self) -> None:
        """Redis drops what expired; cron jobs that call it keep working."""
        SessionStore.clear_expired()
