"""Whatever lies in Redis under one of our keys: no 500, and nobody gets in by it."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

import pytest
import redis
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError
from django.core.management import call_command
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sessionauth import revoke_all
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.exceptions import StoreDown
from sessionauth.flows.active_sessions import active_sessions
from sessionauth.flows.authenticate import authenticate
from sessionauth.stores import index
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key, stored

LogIn: TypeAlias = Callable[..., Client]
FORM = {"username": "alice", "password": PASSWORD}
PATHS = ["/api/me/", "/api/open/", "/page/", "/look/", "/put/?colour=blue", "/admin/"]

pytestmark = [pytest.mark.usefixtures("alice"), pytest.mark.requirement("SES-13")]

OWN_NAMES = [b"c", b"a", b"v", b"i", b"x", b"u", b"d", b"p", b"r"]
LOGIN_NAMES = [b"U", b"B", b"H"]
OTHER_NAMES = [b":_session_expiry", b":colour", b":", b"q", b"", b":\xff"]
NAMES = st.sampled_from([*OWN_NAMES, *LOGIN_NAMES, *OTHER_NAMES])
ABSURD = [b"1e400", b"-1e400", b"nan", b"inf", b"-inf", b"1.5", b"0x10", b"1_0", b""]
HUGE = [b"9" * 400, b"9" * 5000, b"-" + b"9" * 5000]
AT_THE_END_OF_TIME = [b"253402300799999", b"253402300800000"]
NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20).map(lambda number: str(number).encode()),
    st.sampled_from([*ABSURD, *HUGE, *AT_THE_END_OF_TIME]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=5,
).map(lambda value: json.dumps(value).encode())
SPELLINGS = st.sampled_from(
    [
        b'"\\ud800"',
        b'"1\\u0000"',
        b'"2000-01-01"',
        b'"9999-12-31T23:59:59-23:59"',
        b'"0001-01-01T00:00:00+23:59"',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5000,
        b"-1",
        b"\x00",
        b"\x80\x04K\x01.",
    ]
)
VALUES = st.one_of(NUMBERS, JSON, SPELLINGS, st.binary(max_size=40))
DAMAGE = st.dictionaries(NAMES, VALUES, min_size=1, max_size=3)

# One server for all examples of a test is what is wanted: the key is set each time.
PATIENT = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def record_key(client: Client) -> str:
    return "sa:s:" + digest(session_key(client))


def put_wrong_type(server: redis.Redis, key: str, kind: str) -> None:
    server.delete(key)
    match kind:
        case "string":
            server.set(key, b"\x80\x04K\x01.")
        case "list":
            server.rpush(key, "a", "b")
        case "set":
            server.sadd(key, "a")
        case "stream":
            server.xadd(key, {"a": "b"})
        case "zset":
            server.zadd(key, {"a": 1})
        case "hash":
            server.hset(key, "a", "b")


def log_in_an_hour_later(server: redis.Redis, user: User, key: str) -> None:
    """Let the login have happened by a clock that is ahead of the server's."""
    server.zincrby(f"sa:u:{user.pk}", 3_600_000_000, digest(key))


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [getattr(r, "event", "") for r in caplog.records if r.name == "sessionauth"]


class TestRecord:
    @PATIENT
    @example(damage={b"H": b'"\\ud800"'}, path="/page/")
    @example(damage={b"B": b'"\\ud800"'}, path="/api/me/")
    @example(damage={b"U": b'"1\\u0000"'}, path="/api/name/")
    @example(damage={b"a": b"9" * 18}, path="/api/me/")
    @example(damage={b":_session_expiry": b"1" * 5000}, path="/put/?colour=blue")
    @given(damage=DAMAGE, path=st.sampled_from(PATHS))
    def test_damaged_record_makes_no_error(
        self,
        log_in: LogIn,
        redis_client: redis.Redis,
        alice: User,
        damage: dict[bytes, bytes],
        path: str,
    ) -> None:
        """Each request is answered, by the user's session or by none."""
        client = log_in()
        redis_client.hset(record_key(client), mapping=damage)  # type: ignore[arg-type]

        answer = client.get(path, secure=True)
        again = client.get("/api/me/", secure=True)
        listed = active_sessions(str(alice.pk))
        out = client.post("/auth/logout/", secure=True)

        assert answer.status_code < 500
        assert (again.status_code, again.json().get("id")) in {
            (200, alice.pk),
            (401, None),
        }
        for shown in listed:
            assert datetime.fromtimestamp(shown.authenticated_at_ms / 1000, UTC)
            assert datetime.fromtimestamp(shown.last_seen_at_ms / 1000, UTC)
        assert out.status_code == 204

    @PATIENT
    @given(
        fields=st.dictionaries(
            st.binary(max_size=20), st.binary(max_size=60), min_size=1
        )
    )
    def test_random_hash_is_no_session(
        self, log_in: LogIn, redis_client: redis.Redis, fields: dict[bytes, bytes]
    ) -> None:
        """Bytes that nobody wrote log nobody in, and are not met a second time."""
        client = log_in()
        redis_client.delete(record_key(client))
        redis_client.hset(record_key(client), mapping=fields)  # type: ignore[arg-type]

        answer = client.get("/api/me/", secure=True)

        assert answer.status_code == 401
        assert not redis_client.exists(record_key(client))

    @pytest.mark.parametrize("kind", ["string", "list", "set", "stream", "zset"])
    @pytest.mark.parametrize("path", PATHS)
    def test_key_of_another_type_is_no_session_and_logged_once(
        self,
        log_in: LogIn,
        redis_client: redis.Redis,
        caplog: pytest.LogCaptureFixture,
        kind: str,
        path: str,
    ) -> None:
        """The first request deletes it; an alarm per request would be none."""
        client = log_in()
        put_wrong_type(redis_client, record_key(client), kind)

        first = client.get(path, secure=True)
        second = client.get("/api/me/", secure=True)

        assert first.status_code < 500
        assert second.status_code == 401
        assert events(caplog) == ["record_corrupt"]

    @pytest.mark.parametrize("kind", ["string", "list", "set", "stream", "zset"])
    def test_record_that_turns_into_another_type_is_an_ended_session(
        self, redis_client: redis.Redis, kind: str
    ) -> None:
        """Between load and save anything may happen; a save finds no session then."""
        session = stored(colour="red")
        session["colour"] = "blue"
        key = "sa:s:" + digest(session.session_key or "")
        put_wrong_type(redis_client, key, kind)

        with pytest.raises(UpdateError):
            session.save()
        assert not session.exists(session.session_key)

    def test_record_that_turns_into_another_type_is_not_renewed(
        self, redis_client: redis.Redis
    ) -> None:
        """There is nothing to carry over; the request goes on without a session."""
        session = stored(colour="red")
        put_wrong_type(
            redis_client, "sa:s:" + digest(session.session_key or ""), "list"
        )

        session.cycle_key()

        assert session.is_empty()

    def test_record_that_turns_into_another_type_authenticates_nobody(
        self,
        log_in: LogIn,
        redis_client: redis.Redis,
        rf: RequestFactory,
    ) -> None:
        """The user's row is in order, but there is no session any more."""
        client = log_in()
        request = rf.get("/")
        request.session = session = SessionStore(session_key(client))
        assert session.record is not None
        put_wrong_type(redis_client, record_key(client), "string")

        assert authenticate(request, session) is None

    def test_login_over_a_session_that_turns_corrupt_goes_on(
        self, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """What the browser showed is worth nothing; the password is."""
        client = log_in()
        put_wrong_type(redis_client, record_key(client), "string")

        log_in(client=client)

        assert client.get("/api/me/", secure=True).status_code == 200

    @pytest.mark.parametrize("kind", ["string", "list", "set", "stream", "zset"])
    def test_logout_of_a_key_of_another_type_ends_it(
        self, log_in: LogIn, redis_client: redis.Redis, kind: str
    ) -> None:
        """Whoever wants out gets out."""
        client = log_in()
        put_wrong_type(redis_client, record_key(client), kind)

        answer = client.post("/auth/logout/", secure=True)

        assert answer.status_code == 204
        assert answer.cookies[COOKIE].value == ""
        assert not redis_client.exists(record_key(client))

    def test_foreign_value_is_in_no_log_line(
        self,
        log_in: LogIn,
        redis_client: redis.Redis,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """JSON errors quote what they fail on, and that may be anybody's secret."""
        client = log_in()
        redis_client.hset(record_key(client), ":k", "{secret value}")

        with caplog.at_level(logging.DEBUG):
            client.get("/look/", secure=True)

        assert events(caplog) == ["record_corrupt"]
        assert "secret value" not in caplog.text


class TestIndex:
    @pytest.mark.parametrize("kind", ["string", "list", "set", "stream", "hash"])
    def test_index_of_another_type_is_an_outage_for_who_needs_it(
        self,
        log_in: LogIn,
        redis_client: redis.Redis,
        alice: User,
        caplog: pytest.LogCaptureFixture,
        kind: str,
    ) -> None:
        """Nobody may log in unlisted, or be told that all sessions have ended."""
        client = log_in()
        put_wrong_type(redis_client, f"sa:u:{alice.pk}", kind)

        login = Client().post(
            "/auth/session/", FORM, content_type="application/json", secure=True
        )
        ended = client.post("/auth/logout/all/", secure=True)

        for answer in (login, ended):
            assert answer.status_code == 503
            assert COOKIE not in answer.cookies
        with pytest.raises(StoreDown):
            revoke_all(alice, "test")
        assert events(caplog) == ["store_down", "store_down"]

    @pytest.mark.parametrize("kind", ["string", "list", "set", "stream", "hash"])
    def test_index_of_another_type_keeps_nobody_out_or_in(
        self, log_in: LogIn, redis_client: redis.Redis, alice: User, kind: str
    ) -> None:
        """Who is logged in stays so, and can log out."""
        client = log_in()
        put_wrong_type(redis_client, f"sa:u:{alice.pk}", kind)

        assert client.get("/api/me/", secure=True).status_code == 200
        assert client.post("/auth/logout/", secure=True).status_code == 204
        assert not redis_client.exists(record_key(client))

    def test_index_of_another_type_is_gone_after_the_end_of_all_sessions(
        self, log_in: LogIn, redis_client: redis.Redis, alice: User
    ) -> None:
        """It is the way out that the documents name."""
        client = log_in()
        put_wrong_type(redis_client, f"sa:u:{alice.pk}", "string")

        call_command("sessionauth_revoke", "--all")

        assert client.get("/api/me/", secure=True).status_code == 401
        assert log_in().get("/api/me/", secure=True).status_code == 200

    @pytest.mark.parametrize(
        "entry",
        [{b"\xff\xfe": 1.0}, {"a" * 64: float("inf")}],
        ids=["member", "infinite"],
    )
    def test_entry_that_is_none_is_an_outage_for_revoke_all(
        self,
        log_in: LogIn,
        redis_client: redis.Redis,
        alice: User,
        entry: dict[bytes, float],
    ) -> None:
        """A list that can't be read proves nothing; going round for ever even less."""
        client = log_in()
        redis_client.zadd(f"sa:u:{alice.pk}", entry)  # type: ignore[arg-type]

        answer = client.post("/auth/logout/all/", secure=True)

        assert answer.status_code == 503
        with pytest.raises(StoreDown):
            revoke_all(alice, "test")

    def test_entry_that_leads_nowhere_is_pruned(
        self, log_in: LogIn, redis_client: redis.Redis, alice: User
    ) -> None:
        """Dead entries are expected: a crash leaves them."""
        client = log_in()
        redis_client.zadd(f"sa:u:{alice.pk}", {"nowhere": 5, "": 6, "half": 1.5})

        assert revoke_all(alice, "test") == 1

        assert client.get("/api/me/", secure=True).status_code == 401
        assert not redis_client.exists(f"sa:u:{alice.pk}")

    @pytest.mark.requirement("SES-08")
    def test_login_by_a_clock_that_was_ahead_is_revoked(
        self, log_in: LogIn, redis_client: redis.Redis, alice: User
    ) -> None:
        """After a failover to a server whose clock is behind, it lies in the future."""
        client = log_in()
        log_in_an_hour_later(redis_client, alice, session_key(client))

        assert revoke_all(alice, "test") == 1

        assert client.get("/api/me/", secure=True).status_code == 401

    @pytest.mark.requirement("SES-08")
    def test_login_by_a_clock_that_was_ahead_is_revoked_under_its_new_id(
        self,
        log_in: LogIn,
        redis_client: redis.Redis,
        alice: User,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """It moved before its turn came, and keeps its time of login in the future."""
        session = SessionStore(session_key(log_in()))
        session.load()
        log_in_an_hour_later(redis_client, alice, session.session_key or "")
        list_until = index.listed_until

        def overtaken(user_id: str, until_us: int | None) -> object:
            found = list_until(user_id, until_us)
            if until_us is None:
                old = digest(session.session_key or "")
                session.cycle_key()
                # The trace that leads from the old id to the new one.
                redis_client.delete(f"sa:s:{old}")
            return found

        monkeypatch.setattr(index, "listed_until", overtaken)
        revoke_all(alice, "test")

        assert SessionStore(session.session_key).get("_auth_user_id") is None


class TestMeaning:
    """Text that can be read, and means nothing."""

    def test_own_end_that_is_no_instant_is_no_session(
        self, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """The next save would fail on it."""
        client = log_in()
        record = f"sa:s:{digest(session_key(client))}"
        redis_client.hset(record, ":_session_expiry", '"tomorrow"')

        assert client.get("/put/?colour=blue", secure=True).status_code == 200
        assert client.get("/api/me/", secure=True).status_code == 401

    def test_user_who_can_be_none_is_no_session(
        self, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """The lazy user would fail on it, within the interval of the user check."""
        client = log_in()
        assert client.get("/api/me/", secure=True).status_code == 200
        record = f"sa:s:{digest(session_key(client))}"
        redis_client.hset(record, "U", '"nobody"')

        assert client.get("/api/me/", secure=True).status_code == 401
