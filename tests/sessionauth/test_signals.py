"""What is told of a session's life, as a signal and as a log line."""

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import redis
from django.contrib.auth.models import User
from django.dispatch import Signal
from django.test import Client
from pytest_django import Settings

from sessionauth import revoke_all, signals
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.signals import report
from tests.conftest import Heard
from tests.sessionauth.conftest import PASSWORD, session_key, stored, with_cookie

LogIn: TypeAlias = Callable[..., Client]
SIGNALS = {
    name: value for name, value in vars(signals).items() if isinstance(value, Signal)
}
REFERENCE = Path(__file__).parents[2] / "docs/reference/sessionauth.md"
Told: TypeAlias = Callable[[], list[tuple[str, dict[str, Any], str, int]]]
FORM = {"username": "alice", "password": PASSWORD}


@pytest.fixture
def told(heard: Heard, caplog: pytest.LogCaptureFixture) -> Told:
    """What was told since: name of the signal, facts, event and level of the line.

    That there is exactly one line for each signal, with the same facts, is tested here.
    """
    caplog.set_level(logging.DEBUG, "sessionauth")
    facts = heard(*SIGNALS.values())

    def collect() -> list[tuple[str, dict[str, Any], str, int]]:
        lines = [r for r in caplog.records if r.name == "sessionauth"]
        collected = []
        for fact, line in zip(facts, lines, strict=True):
            known = {k: v for k, v in fact.items() if k not in {"signal", "sender"}}
            assert {k: getattr(line, k) for k in known} == known
            assert all(repr(v) in line.getMessage() for v in known.values())
            name = next(n for n, s in SIGNALS.items() if s is fact["signal"])
            collected.append((name, known, line.event, line.levelno))  # type: ignore[attr-defined]
        facts.clear()
        caplog.clear()
        return collected

    return collect


def names(told: Told) -> list[tuple[str, str]]:
    return [(name, event) for name, _, event, _ in told()]


class TestLife:
    def test_login_is_told_with_where_it_comes_from(
        self, alice: User, log_in: LogIn, told: Told
    ) -> None:
        """The mail "a new device" needs nothing else."""
        client = log_in(client=Client(headers={"user-agent": "curl/8.5.0"}))

        facts = {
            "user_id": str(alice.pk),
            "session_digest": digest(session_key(client)),
            "kind": "login",
            "device": "curl",
            "address": "127.0.0.1",
        }
        assert told() == [("session_opened", facts, "login", logging.INFO)]

    def test_logout_is_told_apart_from_other_revocations(
        self, alice: User, log_in: LogIn, told: Told
    ) -> None:
        """Who left is nobody to worry about; who was thrown out may be."""
        client, other = log_in(), log_in()
        key = session_key(client)
        told()

        client.post("/auth/logout/", secure=True)
        revoke_all(alice, "command")

        first, second = told()
        assert (first[0], first[2]) == ("session_revoked", "logout")
        assert first[1]["session_digest"] == digest(key)
        assert (second[0], second[2]) == ("session_revoked", "revocation")
        assert second[1] == {
            "user_id": str(alice.pk),
            "session_digest": digest(session_key(other)),
            "reason": "command",
        }

    @pytest.mark.usefixtures("alice")
    def test_renewal_links_the_old_id_with_the_new_one(
        self, log_in: LogIn, told: Told
    ) -> None:
        """Otherwise the trail of a session ends in the middle."""
        session = SessionStore(session_key(log_in()))
        old = digest(session.session_key or "")
        told()

        session.cycle_key()

        ((name, facts, event, level),) = told()
        assert (name, event, level) == ("session_renewed", "renewal", logging.INFO)
        assert facts["session_digest"] == old
        assert facts["new_digest"] == digest(session.session_key or "")

    @pytest.mark.usefixtures("alice")
    def test_expiry_is_told_when_the_session_is_used_once_more(
        self, log_in: LogIn, redis_client: redis.Redis, told: Told
    ) -> None:
        """The absolute end is judged at the next use, and told then, once."""
        client = log_in()
        key = "sa:s:" + digest(session_key(client))
        redis_client.hset(key, "a", int(redis_client.hget(key, "a")) - 86_400_000)
        told()

        for _ in range(2):
            client.get("/api/me/", secure=True)

        assert names(told) == [("session_expired", "expiry")]

    @pytest.mark.usefixtures("alice")
    def test_idle_end_is_told_by_nobody(
        self, log_in: LogIn, redis_client: redis.Redis, told: Told
    ) -> None:
        """Redis drops it without a word; the reference says so."""
        client = log_in()
        redis_client.delete("sa:s:" + digest(session_key(client)))
        told()

        client.get("/api/me/", secure=True)

        assert told() == []


class TestLimit:
    @pytest.mark.usefixtures("alice")
    def test_eviction_is_told_with_its_reason(
        self, settings: Settings, log_in: LogIn, told: Told
    ) -> None:
        """The user may be looking for the device that was logged out."""
        settings.SESSIONAUTH = {"MAX_SESSIONS_PER_USER": 1}
        first = log_in()
        told()

        log_in()

        evicted, opened = told()
        assert (evicted[0], evicted[2]) == ("session_revoked", "revocation")
        assert evicted[1]["reason"] == "limit"
        assert evicted[1]["session_digest"] == digest(session_key(first))
        assert opened[0] == "session_opened"

    def test_login_refused_at_the_limit_is_told(
        self, settings: Settings, alice: User, log_in: LogIn, told: Told
    ) -> None:
        """A right password that was of no use: the user will ask why."""
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 1,
            "SESSION_LIMIT_POLICY": "deny",
        }
        log_in()
        told()

        Client().post("/auth/login/", FORM, secure=True)

        ((name, facts, event, level),) = told()
        assert (name, event) == ("login_refused", "login_refused")
        assert level == logging.WARNING
        assert facts["user_id"] == str(alice.pk)
        assert facts["code"] == "session_limit_reached"


class TestSigns:
    @pytest.mark.requirement("LST-06")
    @pytest.mark.usefixtures("alice")
    def test_use_of_a_renewed_id_is_a_warning(self, log_in: LogIn, told: Told) -> None:
        """It is a late request, or a stolen cookie."""
        client = log_in()
        old = session_key(client)
        log_in(client=client)
        told()

        with_cookie(old).get("/api/me/", secure=True)

        ((name, facts, event, level),) = told()
        assert (name, event) == ("renewed_id_used", "renewed_id_used")
        assert level == logging.WARNING
        assert facts["session_digest"] == digest(old)

    @pytest.mark.usefixtures("alice")
    def test_unknown_id_is_told_by_nobody(self, told: Told) -> None:
        """Anybody can send those by the million: the log is no place for them."""
        with_cookie("A" * 43).get("/api/me/", secure=True)

        assert told() == []

    def test_session_whose_user_is_refused_is_told_with_the_reason(
        self, alice: User, log_in: LogIn, told: Told
    ) -> None:
        """A password was changed elsewhere, and this session did not survive it."""
        client = log_in()
        User.objects.filter(pk=alice.pk).update(password="other")
        told()

        client.get("/api/me/", secure=True)

        ((name, facts, event, _),) = told()
        assert (name, event) == ("session_revoked", "revocation")
        assert facts["reason"] == "user_refused"

    @pytest.mark.django_db
    def test_dropped_save_is_told(self, told: Told) -> None:
        """Somebody's change is lost; that it may be is no reason to hide it."""
        session = stored(colour="red")
        session["colour"] = "blue"
        SessionStore(session.session_key).flush()

        with suppress(Exception):
            session.save()

        assert names(told) == [("save_dropped", "save_dropped")]

    @pytest.mark.usefixtures("alice")
    def test_corrupt_record_is_a_warning_told_once(
        self, log_in: LogIn, redis_client: redis.Redis, told: Told
    ) -> None:
        """Somebody else writes into this database."""
        client = log_in()
        redis_client.hset("sa:s:" + digest(session_key(client)), "c", "soon")
        told()

        for _ in range(2):
            client.get("/api/me/", secure=True)

        ((name, facts, event, level),) = told()
        assert (name, event) == ("record_corrupt", "record_corrupt")
        assert (facts["fault"], level) == ("ValueError", logging.WARNING)


class TestReport:
    @pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)
    def test_failing_receiver_breaks_nothing_and_stops_nobody(
        self, heard: Heard, signal: Signal
    ) -> None:
        """A mail server that is down must lock nobody out, or in."""
        before = heard(signal, failure=RuntimeError())
        after = heard(signal)

        report(signal, user_id="1", session_digest="d")

        assert len(before) == len(after) == 1

    def test_line_break_in_a_fact_makes_no_second_line(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A device calls itself what it likes: log injection."""
        caplog.set_level(logging.INFO, "sessionauth")

        report(
            signals.session_opened,
            user_id="1",
            session_digest="d",
            device="x\nERROR forged",
        )

        assert "\n" not in caplog.records[-1].getMessage()

    def test_every_signal_and_event_is_documented(self) -> None:
        """What nobody knows of nobody listens to."""
        _, _, section = REFERENCE.read_text("utf-8").partition("## Signals and log")
        rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE)
        documented = {name: re.findall(r"`(\w+)`", events) for name, events in rows}

        # Its event is a fact of it, and stands there.
        documented["session_opened"] = re.findall(r"`(login|step_up)`", section)
        for name, signal in SIGNALS.items():
            assert signals._EVENTS[signal][0] in documented[name], name
