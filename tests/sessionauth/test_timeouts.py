"""When a session ends, over HTTP: after silence, and in any case."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import redis
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from sessionauth.conf import get_settings
from sessionauth.core.session_id import digest
from sessionauth.core.timeouts import own_limits
from sessionauth.engine import SessionStore
from sessionauth.middleware import SessionMiddleware
from tests.sessionauth.clock import pass_time
from tests.sessionauth.conftest import COOKIE, PASSWORD, stored

LogIn = Callable[..., Client]
MINUTE = timedelta(minutes=1)
HALF_AN_HOUR = 30
TWO_HOURS = 120


def code(client: Client) -> int:
    return client.get("/api/me/", secure=True).status_code


def remaining(client: redis.Redis, session: SessionStore) -> timedelta:
    """How long the store keeps the session if nobody uses it."""
    key = "sa:s:" + digest(session.session_key or "")
    return timedelta(milliseconds=client.pttl(key))


class TestIdle:
    @pytest.mark.requirement("TMO-01")
    def test_default_is_half_an_hour(self) -> None:
        """ASVS 7.3.1; NIST SP 800-63B-4 §2.2.3 allows an hour at AAL2."""
        assert get_settings().idle_timeout == HALF_AN_HOUR * MINUTE

    @pytest.mark.requirement("TMO-01")
    @pytest.mark.usefixtures("alice")
    def test_session_in_use_goes_on_and_one_left_alone_ends(
        self, redis_client: redis.Redis, log_in: LogIn
    ) -> None:
        """Each request starts the half hour anew; at its end nothing is left."""
        client = log_in()

        for _ in range(3):
            pass_time(redis_client, 29 * MINUTE)
            assert code(client) == 200
        pass_time(redis_client, HALF_AN_HOUR * MINUTE)

        assert code(client) == 401


class TestAbsolute:
    @pytest.mark.requirement("TMO-02")
    @pytest.mark.usefixtures("alice")
    def test_session_in_use_every_ten_minutes_ends_after_a_day(
        self, redis_client: redis.Redis, log_in: LogIn
    ) -> None:
        """NIST SP 800-63B-4 §2.2.3: activity does not extend it."""
        assert get_settings().absolute_timeout == timedelta(days=1)
        client = log_in()

        codes = []
        for _ in range(24 * 6):
            pass_time(redis_client, 10 * MINUTE)
            codes.append(code(client))

        assert codes == [200] * (24 * 6 - 1) + [401]

    @pytest.mark.requirement("TMO-02")
    @pytest.mark.parametrize("value", [None, 0, timedelta(0)])
    def test_there_is_no_way_to_have_none(
        self, settings: Settings, value: object
    ) -> None:
        """A session without an end is a password that nobody typed."""
        settings.SESSIONAUTH = {"ABSOLUTE_TIMEOUT": value}

        with pytest.raises(Exception, match=r"ABSOLUTE_TIMEOUT.*greater than zero"):
            get_settings()


class TestStepUp:
    @pytest.mark.requirement("TMO-04")
    @pytest.mark.usefixtures("alice")
    def test_step_up_starts_the_absolute_timeout_anew_and_use_does_not(
        self, redis_client: redis.Redis, log_in: LogIn
    ) -> None:
        """Only who proves anew who they are gets another day."""
        stays, proves = log_in(), log_in()
        for _ in range(50):
            pass_time(redis_client, 28 * MINUTE)
            assert (code(stays), code(proves)) == (200, 200)

        answer = proves.post(
            "/auth/reauth/",
            {"password": PASSWORD},
            content_type="application/json",
            secure=True,
        )
        codes = []
        for _ in range(50):
            pass_time(redis_client, 28 * MINUTE)
            codes.append((code(stays), code(proves)))

        assert answer.status_code == 200
        # 23 hours and 20 minutes were over: one more request, and then the end.
        assert codes == [(200, 200)] + [(401, 200)] * 49


class TestPatterns:
    @pytest.mark.requirement("TMO-01", "TMO-03")
    @example(pauses=[29, 29, 29, 29, 3])
    @example(pauses=[29, 29, 29, 29, 4])
    @settings(max_examples=60)
    @given(
        pauses=st.lists(
            st.sampled_from([1, 5, 15, 25, 28, 29, 30, 31, 40]), max_size=12
        )
    )
    def test_session_lives_exactly_as_long_as_promised(
        self, redis_client: redis.Redis, pauses: list[int]
    ) -> None:
        """Whatever the pattern of requests: nothing is thrown in, nothing is lost."""
        with override_settings(SESSIONAUTH={"ABSOLUTE_TIMEOUT": TWO_HOURS * MINUTE}):
            session = stored(k="v")
            age = 0
            is_alive = True
            for pause in pauses:
                pass_time(redis_client, pause * MINUTE)
                age += pause
                is_alive &= pause < HALF_AN_HOUR and age < TWO_HOURS

                assert (SessionStore(session.session_key).get("k") == "v") is is_alive
                if is_alive:
                    promised = min(HALF_AN_HOUR, TWO_HOURS - age) * MINUTE
                    kept = remaining(redis_client, session)
                    assert promised - MINUTE < kept <= promised


class TestClientsCookie:
    @pytest.mark.requirement("CKE-07")
    @pytest.mark.usefixtures("alice")
    @pytest.mark.parametrize("age", [30 * MINUTE, timedelta(days=1)])
    def test_cookie_that_is_kept_for_ever_is_worth_nothing_after_the_end(
        self, redis_client: redis.Redis, log_in: LogIn, age: timedelta
    ) -> None:
        """The server never relies on a browser to forget."""
        client = log_in()
        client.cookies[COOKIE]["max-age"] = 10**9

        pass_time(redis_client, age)

        assert code(client) == 401

    @pytest.mark.requirement("CKE-07")
    @pytest.mark.parametrize(
        ("wish", "left"),
        [
            (10**9, timedelta(hours=23)),
            (60, 60 * timedelta(seconds=1)),
            (timedelta(days=500), timedelta(hours=23)),
            (timedelta(minutes=5), timedelta(minutes=5)),
        ],
        ids=repr,
    )
    def test_max_age_is_never_more_than_the_session_has_left(
        self,
        redis_client: redis.Redis,
        settings: Settings,
        wish: int | timedelta,
        left: timedelta,
    ) -> None:
        """A cookie that outlives its session keeps the user from seeing its end."""
        settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = True
        session = stored(k="v")
        for _ in range(3):
            pass_time(redis_client, 20 * MINUTE)
            SessionStore(session.session_key).get("k")

        answer = remembering(session, wish)

        found = timedelta(seconds=int(answer.cookies[COOKIE]["max-age"]))
        assert left - MINUTE < found <= left

    @pytest.mark.requirement("CKE-08")
    @pytest.mark.usefixtures("alice")
    def test_cookie_ends_with_the_browser_unless_it_was_asked_to_stay(
        self, log_in: LogIn
    ) -> None:
        """The next user of a shared computer starts without it."""
        client = log_in()
        brief = client.cookies[COOKIE]
        session = SessionStore(brief.value)

        assert (brief["max-age"], brief["expires"]) == ("", "")
        assert remembering(session, 3600).cookies[COOKIE]["max-age"] == 3600


def remembering(session: SessionStore, wish: int | timedelta) -> HttpResponse:
    """Answer of a view that lets the session have an expiry of its own."""

    def view(request: HttpRequest) -> HttpResponse:
        request.session.set_expiry(wish)
        return HttpResponse("kept")

    request = RequestFactory().get("/", secure=True)
    request.COOKIES[COOKIE] = session.session_key or ""
    return SessionMiddleware(view)(request)


BERLIN = {"TIME_ZONE": "Europe/Berlin"}
ZONES = pytest.mark.parametrize(
    "zone",
    [{"USE_TZ": True}, {"USE_TZ": False}, {"USE_TZ": False, **BERLIN}, BERLIN],
    ids=repr,
)


class TestClocks:
    @pytest.mark.requirement("TMO-08")
    @pytest.mark.usefixtures("alice")
    @ZONES
    def test_zone_of_the_project_moves_no_end(
        self,
        redis_client: redis.Redis,
        settings: Settings,
        log_in: LogIn,
        zone: dict[str, object],
    ) -> None:
        """What is stored and compared is the server's time since 1970."""
        for name, value in zone.items():
            setattr(settings, name, value)
        client = log_in()

        pass_time(redis_client, 29 * MINUTE)
        assert code(client) == 200
        pass_time(redis_client, HALF_AN_HOUR * MINUTE)

        assert code(client) == 401

    @pytest.mark.requirement("TMO-08")
    @ZONES
    @pytest.mark.parametrize("wish", [timedelta(minutes=5), None], ids=repr)
    def test_own_end_of_a_session_is_an_instant_in_any_zone(
        self,
        redis_client: redis.Redis,
        settings: Settings,
        zone: dict[str, object],
        wish: timedelta | None,
    ) -> None:
        """Without USE_TZ Django stores it as local time, without a zone."""
        for name, value in zone.items():
            setattr(settings, name, value)
        session = SessionStore()
        session["k"] = "v"
        session.set_expiry(wish or timezone.now() + 5 * MINUTE)
        session.save()

        SessionStore(session.session_key).get("k")

        # The store counts milliseconds, and has its own idea of the present one.
        left = remaining(redis_client, session)
        assert 4 * MINUTE < left < 5 * MINUTE + timedelta(seconds=1)

    @pytest.mark.requirement("TMO-08")
    @pytest.mark.usefixtures("alice")
    @pytest.mark.parametrize("error", [timedelta(days=400), timedelta(days=-400)])
    def test_wrong_clock_of_a_web_host_ends_and_extends_nothing(
        self,
        redis_client: redis.Redis,
        monkeypatch: pytest.MonkeyPatch,
        log_in: LogIn,
        error: timedelta,
    ) -> None:
        """There are many of them; the store has one."""
        client = log_in()
        wrong = timezone.now() + error
        monkeypatch.setattr("django.utils.timezone.now", lambda: wrong)
        monkeypatch.setattr("time.time", wrong.timestamp)

        pass_time(redis_client, 29 * MINUTE)
        assert code(client) == 200
        pass_time(redis_client, HALF_AN_HOUR * MINUTE)

        assert code(client) == 401

    @pytest.mark.requirement("TMO-08", "CKE-07")
    @pytest.mark.parametrize("error", [timedelta(hours=-20), timedelta(hours=3)])
    def test_wrong_clock_of_a_web_host_sets_no_other_cookie(
        self, monkeypatch: pytest.MonkeyPatch, error: timedelta
    ) -> None:
        """A session that was to end at an instant: the store knows how far it is."""
        session = stored(k="v")
        end = timezone.now() + timedelta(hours=2)
        wrong = timezone.now() + error
        monkeypatch.setattr("django.utils.timezone.now", lambda: wrong)

        answer = remembering(session, end)  # type: ignore[arg-type] # Django takes it

        found = timedelta(seconds=int(answer.cookies[COOKIE]["max-age"]))
        assert timedelta(minutes=119) < found <= timedelta(minutes=120)

    @pytest.mark.requirement("TMO-08")
    @pytest.mark.parametrize("use_tz", [True, False])
    def test_session_survives_a_change_of_use_tz(
        self, settings: Settings, *, use_tz: bool
    ) -> None:
        """An instant with a zone, or without, is read by a project of either kind."""
        settings.USE_TZ = use_tz
        session = SessionStore()
        session["k"] = "v"
        session.set_expiry(timedelta(minutes=5))
        session.save()
        settings.USE_TZ = not use_tz

        again = SessionStore(session.session_key)
        again.cycle_key()

        assert again["k"] == "v"
        assert 240 < (again.cookie_age() or 0) <= 300

    @pytest.mark.requirement("TMO-08")
    @pytest.mark.parametrize(
        ("local", "instant"),
        [
            ("2026-10-25T01:59:00", datetime(2026, 10, 24, 23, 59, tzinfo=UTC)),
            ("2026-10-25T02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
            ("2026-10-25T03:00:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
            ("2026-03-29T01:59:00", datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
            ("2026-03-29T02:30:00", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
            ("2026-03-29T03:00:00", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        ],
    )
    def test_local_end_in_an_hour_that_comes_twice_is_the_earlier_one(
        self, settings: Settings, local: str, instant: datetime
    ) -> None:
        """Whoever wrote it without a zone gets rather less time than too much."""
        settings.TIME_ZONE = "Europe/Berlin"

        assert own_limits(local) == (None, round(instant.timestamp() * 1000))


class TestLastSeen:
    @pytest.mark.requirement("LST-07")
    @pytest.mark.usefixtures("alice")
    def test_last_use_is_known_to_the_minute_and_noted_once_in_it(
        self, redis_client: redis.Redis, log_in: LogIn
    ) -> None:
        """Writing at every request would be a cost, and never a lie."""
        client = log_in()
        key = "sa:s:" + digest(client.cookies[COOKIE].value)
        began_ms = server_ms(redis_client)
        notes = 0

        for _ in range(100):
            pass_time(redis_client, timedelta(seconds=6))
            before, now_ms = redis_client.hget(key, "u"), server_ms(redis_client)
            assert code(client) == 200
            after = redis_client.hget(key, "u")
            notes += after != before
            seen_ms = int(after or redis_client.hget(key, "a") or 0)
            assert now_ms - seen_ms < 60_000

        elapsed_ms = 100 * 6000 + server_ms(redis_client) - began_ms
        assert 0 < notes <= elapsed_ms / 60_000


def server_ms(client: redis.Redis) -> int:
    seconds, microseconds = client.time()
    return int(seconds * 1000 + microseconds // 1000)
