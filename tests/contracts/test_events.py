"""What happens to a login is told twice, in both apps: a signal and a line of the log.

Each line has the same fields: ``event``, ``user_id``, ``handle``, and where it applies
``device``, ``address``, ``reason``, ``code``.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.core.management import call_command
from django.dispatch import Signal
from django.test import Client
from pytest_django import Settings

import jwtauth.signals
import sessionauth.signals
from jwtauth.answers import log_cause
from jwtauth.exceptions import TokenMalformed
from jwtauth.models import TokenFamily
from jwtauth.stores import key_source
from sessionauth.core.session_id import digest
from sessionauth.exceptions import StoreDown
from tests.conftest import Heard
from tests.contracts.visitor import JWT, PASSWORD, SESSION, Scheme, Visitor
from tests.jwtauth.caller import Caller
from tests.jwtauth.conftest import age

pytestmark = pytest.mark.requirement("LOG-01", "LOG-02")

SIGNALS = {JWT: jwtauth.signals, SESSION: sessionauth.signals}
STALE = "__Host-sessionid"


def begin(scheme: Scheme) -> None:
    Visitor(scheme).log_in()


def mistype(scheme: Scheme) -> None:
    visitor = Visitor(scheme)
    visitor.call("get", "auth/csrf/")
    body = {"username": "alice", "password": "wrong horse", "delivery": "cookie"}
    assert visitor.call("post", f"auth/{scheme.login}", body).status_code in {400, 401}


def step_up(scheme: Scheme) -> None:
    visitor = Visitor(scheme)
    visitor.log_in()
    answer = visitor.call("post", "auth/reauth/", {"password": PASSWORD})
    assert answer.status_code == 200


def log_out(scheme: Scheme) -> None:
    visitor = Visitor(scheme)
    visitor.log_in()
    assert visitor.call("post", "auth/logout/").status_code == 204


def end_all(scheme: Scheme) -> None:
    visitor = Visitor(scheme)
    visitor.log_in()
    assert visitor.call("post", "auth/logout/all/").status_code == 204


def end_all_of_two(scheme: Scheme) -> None:
    begin(scheme)
    end_all(scheme)


def end_by_operator(scheme: Scheme) -> None:
    begin(scheme)
    app = jwtauth if scheme is JWT else sessionauth
    assert app.revoke_all(User.objects.get(), "revoked") == 1


def change_password(scheme: Scheme) -> None:
    begin(scheme)
    user = User.objects.get()
    user.set_password("another battery")
    user.save()


def exceed_limit(scheme: Scheme) -> None:
    begin(scheme)
    begin(scheme)


def be_refused_at_limit(scheme: Scheme) -> None:
    begin(scheme)
    visitor = Visitor(scheme)
    visitor.call("get", "auth/csrf/")
    body = {"username": "alice", "password": PASSWORD, "delivery": "cookie"}
    assert visitor.call("post", f"auth/{scheme.login}", body).status_code == 403


def outlive(scheme: Scheme) -> None:
    """Use a login whose absolute end has passed."""
    visitor = Visitor(scheme)
    visitor.log_in()
    if scheme is JWT:
        age(timedelta(days=31))
        visitor.call("post", "auth/token/refresh/")
        return
    name = "sa:s:" + digest(visitor.cookie(STALE))
    with redis.Redis.from_url(_redis_url()) as client:
        client.hset(name, "a", int(client.hget(name, "a") or 0) - 86_400_000)
    visitor.call("get", "api/me/")


def _redis_url() -> str:
    from django.conf import settings  # noqa: PLC0415

    url: str = settings.CACHES["default"]["LOCATION"]
    return url


def refresh(_: Scheme) -> None:
    caller = Caller()
    caller.refreshed(caller.login(User.objects.get())["refresh"])


def retry(_: Scheme) -> None:
    """The answer to a refresh was lost: the grace period gives it once more."""
    caller = Caller()
    token = caller.login(User.objects.get())["refresh"]
    caller.refreshed(token)
    caller.refreshed(token)


def reuse(_: Scheme) -> None:
    caller = Caller()
    first = caller.login(User.objects.get())["refresh"]
    caller.refreshed(caller.refreshed(first)["refresh"])
    assert caller.refresh(first).status_code == 401


def restore_backup(_: Scheme) -> None:
    caller = Caller()
    first = caller.login(User.objects.get())["refresh"]
    backup = TokenFamily.objects.values().get()
    second = caller.refreshed(first)["refresh"]
    third = caller.refreshed(second)["refresh"]
    TokenFamily.objects.update(**backup)
    assert caller.refresh(third).status_code == 401


def use_renewed_id(_: Scheme) -> None:
    visitor = Visitor(SESSION)
    visitor.log_in()
    old = visitor.cookie(STALE)
    visitor.call("post", "auth/reauth/", {"password": PASSWORD})
    visitor.show((STALE, old))


@dataclass(frozen=True, kw_only=True)
class Row:
    """One event: how it comes about, and what is told of it."""

    event: str
    happen: Callable[[Scheme], None]
    signals: dict[Scheme, str]
    facts: dict[str, str] = field(default_factory=dict)
    limit: str | None = None
    level: int = logging.INFO
    how: str = ""

    def __str__(self) -> str:
        """Name the row in the ids of tests."""
        return f"{self.event}-{self.how}" if self.how else self.event


OPENED = {JWT: "token_issued", SESSION: "session_opened"}
REVOKED = {JWT: "family_revoked", SESSION: "session_revoked"}
WHERE = {"address": "127.0.0.1"}

TABLE = [
    Row(event="login", happen=begin, signals=OPENED, facts=WHERE),
    Row(
        event="login_failed",
        happen=mistype,
        # Django's own.
        signals={JWT: "", SESSION: ""},
        facts=WHERE,
        level=logging.WARNING,
    ),
    Row(
        event="login_refused",
        happen=be_refused_at_limit,
        signals={JWT: "login_refused", SESSION: "login_refused"},
        facts={"code": "session_limit_reached", **WHERE},
        limit="deny",
        level=logging.WARNING,
    ),
    Row(event="step_up", happen=step_up, signals=OPENED, facts=WHERE),
    Row(event="logout", happen=log_out, signals=REVOKED, facts={"reason": "logout"}),
    Row(
        event="revocation",
        how="logout_all",
        happen=end_all,
        # The session that asks is told of as a logout.
        signals={JWT: "family_revoked"},
        facts={"reason": "logout_all"},
    ),
    Row(
        event="revocation",
        how="logout_all_of_others",
        happen=end_all_of_two,
        signals={SESSION: "session_revoked"},
        facts={"reason": "logout_all"},
    ),
    Row(
        event="revocation",
        how="operator",
        happen=end_by_operator,
        signals=REVOKED,
        facts={"reason": "revoked"},
    ),
    Row(
        event="revocation",
        how="password",
        happen=change_password,
        signals=REVOKED,
        facts={"reason": "password_changed"},
    ),
    Row(
        event="revocation",
        how="limit",
        happen=exceed_limit,
        signals=REVOKED,
        facts={"reason": "limit"},
        limit="evict_oldest",
    ),
    Row(
        event="expiry",
        happen=outlive,
        signals={JWT: "family_expired", SESSION: "session_expired"},
    ),
    Row(
        event="refresh",
        happen=refresh,
        signals={JWT: "token_rotated"},
        facts={"outcome": "rotated", **WHERE},
    ),
    Row(
        event="refresh",
        how="grace",
        happen=retry,
        signals={JWT: "token_rotated"},
        facts={"outcome": "retry", **WHERE},
    ),
    Row(
        event="reuse",
        happen=reuse,
        signals={JWT: "token_reused"},
        facts={"kind": "stale", **WHERE},
        level=logging.WARNING,
    ),
    Row(
        event="family_outdated",
        happen=restore_backup,
        signals={JWT: "family_outdated"},
        level=logging.ERROR,
    ),
    Row(
        event="renewed_id_used",
        happen=use_renewed_id,
        signals={SESSION: "renewed_id_used"},
        level=logging.WARNING,
    ),
]
CASES = [(row, scheme) for row in TABLE for scheme in row.signals]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[..., list[Any]]:
    """The lines of an event, of both apps: ``lines(event, **facts)``."""
    for name in ("jwtauth", "sessionauth"):
        caplog.set_level(logging.INFO, name)

    def lines(event: str, **facts: str) -> list[Any]:
        return [
            record
            for record in caplog.records
            if getattr(record, "event", None) == event
            and all(getattr(record, k, None) == v for k, v in facts.items())
        ]

    return lines


def limit_logins(settings: Settings, policy: str | None) -> None:
    if policy is not None:
        limit = {"MAX_SESSIONS_PER_USER": 1, "SESSION_LIMIT_POLICY": policy}
        settings.JWTAUTH = {**settings.JWTAUTH, **limit}
        settings.SESSIONAUTH = {**settings.SESSIONAUTH, **limit}


def signal_of(row: Row, scheme: Scheme) -> Signal:
    name = row.signals[scheme]
    found: Signal = getattr(SIGNALS[scheme], name) if name else user_login_failed
    return found


class TestEvents:
    @pytest.mark.parametrize(("row", "scheme"), CASES, ids=str)
    def test_event_is_one_signal_and_one_line(
        self,
        alice: User,
        row: Row,
        scheme: Scheme,
        settings: Settings,
        heard: Heard,
        lines: Callable[..., list[Any]],
    ) -> None:
        """Who watches must miss nothing, and count nothing twice (ASVS 16.3)."""
        limit_logins(settings, row.limit)
        told = heard(signal_of(row, scheme))

        row.happen(scheme)

        (line,) = lines(row.event, **row.facts)
        assert line.levelno == row.level
        assert line.getMessage().startswith(f"{row.event}: ")
        if signal_of(row, scheme) is user_login_failed:
            # Whose login it was to be is the client's word; no name is in the log.
            assert (line.user_id, len(told)) == (None, 1)
            return
        names = row.facts.keys() - WHERE.keys()
        same = [t for t in told if all(t[n] == row.facts[n] for n in names)]
        own = [t for t in same if t.get("kind", row.event) in {row.event, "stale"}]
        (fact,) = own
        assert fact["user_id"] == line.user_id == str(alice.pk)
        handle = fact["sid"] if scheme is JWT else fact["session_digest"]
        assert line.handle == handle
        assert handle or row.event == "login_refused"

    @pytest.mark.parametrize("scheme", [JWT, SESSION], ids=str)
    def test_handle_is_the_one_that_the_list_of_sessions_shows(
        self, alice: User, scheme: Scheme, lines: Callable[..., list[Any]]
    ) -> None:
        """From a line of the log to the button that ends the login."""
        visitor = Visitor(scheme)
        visitor.log_in()

        (line,) = lines("login")

        (listed,) = visitor.call("get", "auth/sessions/").json()
        assert listed["handle"] == line.handle

    @pytest.mark.parametrize(("row", "scheme"), CASES, ids=str)
    def test_failing_receiver_breaks_nothing(
        self,
        alice: User,
        row: Row,
        scheme: Scheme,
        settings: Settings,
        heard: Heard,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """A mail server that is down must lock nobody out or in; and it is logged."""
        signal = signal_of(row, scheme)
        if signal is user_login_failed:
            return  # Django sends it, as ever
        limit_logins(settings, row.limit)
        told = heard(signal, failure=RuntimeError("mail server down"))

        row.happen(scheme)

        assert told
        failures = [r for r in caplog.records if r.name == "django.dispatch"]
        assert len(failures) == len(told)


class TestKeys:
    def test_rotation_is_logged_by_the_command_and_told_by_each_process(
        self,
        tmp_path: Path,
        settings: Settings,
        heard: Heard,
        monkeypatch: pytest.MonkeyPatch,
        lines: Callable[..., list[Any]],
    ) -> None:
        """A key that nobody rotated is an intruder's."""
        settings.JWTAUTH = {**settings.JWTAUTH, "KEYS": tmp_path}
        call_command("jwtauth_keys", "init")
        before = {key.kid for key in key_source.key_ring(0.0)}
        told = heard(jwtauth.signals.keys_changed)

        call_command("jwtauth_keys", "rotate")
        later = SimpleNamespace(monotonic=lambda: float("inf"))
        monkeypatch.setattr(key_source, "time", later)
        after = {key.kid for key in key_source.key_ring(0.0)}

        (new,) = after - before
        assert len(lines("key_made")) == 2
        assert [line.kid for line in lines("key_rotated")] == [new]
        (line,) = lines("keys_changed")
        (fact,) = told
        assert fact["added"] == (new,) and line.added == new
        assert len(fact["changed"]) == 1


class TestLoginFailure:
    def test_failure_in_the_admin_is_logged(
        self, alice: User, lines: Callable[..., list[Any]]
    ) -> None:
        """Whoever guesses an administrator's password guesses there."""
        form = {"username": "alice", "password": "wrong horse"}

        assert Client().post("/admin/login/", form, secure=True).status_code == 200

        (line,) = lines("login_failed")
        assert line.name == "sessionauth"

    def test_name_that_was_tried_is_not_logged(
        self, scheme: Scheme, alice: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        """People type their password into the wrong field."""
        caplog.set_level(logging.DEBUG)
        visitor = Visitor(scheme)
        visitor.call("get", "auth/csrf/")
        body = {"username": PASSWORD, "password": "x", "delivery": "cookie"}

        visitor.call("post", f"auth/{scheme.login}", body)

        assert caplog.records
        assert not [r for r in caplog.records if PASSWORD in repr(vars(r))]


def write_event_of_jwtauth(text: str) -> None:
    logger = logging.getLogger("jwtauth")
    jwtauth.signals.log_event(logger, logging.INFO, "x", {"device": text})


def write_event_of_sessionauth(text: str) -> None:
    logger = logging.getLogger("sessionauth")
    sessionauth.signals.log_event(logger, logging.INFO, "x", {"device": text})


def write_cause_of_a_refusal(text: str) -> None:
    log_cause(TokenMalformed(text))


def write_outage(text: str) -> None:
    sessionauth.signals.report_store_down(StoreDown(text))


WRITERS = [
    write_event_of_jwtauth,
    write_event_of_sessionauth,
    write_cause_of_a_refusal,
    write_outage,
]


class TestInjection:
    @pytest.mark.requirement("LOG-04")
    @pytest.mark.parametrize(
        "agent",
        [
            "x\r\nERROR forged",
            "\x1b[2J\x1b[31mred",
            "a\u2028b\u0085c\x0bd",
            "\u202eright to left",
            "long " * 20_000,
        ],
        ids=["lines", "ansi", "unicode lines", "bidi", "long"],
    )
    @pytest.mark.parametrize("row", TABLE[:4], ids=str)
    @pytest.mark.usefixtures("alice")
    def test_line_stays_one_line(
        self,
        scheme: Scheme,
        agent: str,
        row: Row,
        settings: Settings,
        lines: Callable[..., list[Any]],
    ) -> None:
        """Who forges lines hides what he does; who clears a terminal hides them all."""
        limit_logins(settings, row.limit)
        make = Client.generic

        def generic(client: Client, *args: object, **extra: object) -> object:
            return make(client, *args, **{**extra, "HTTP_USER_AGENT": agent})

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Client, "generic", generic)
            row.happen(scheme)

        (line,) = lines(row.event)
        assert line.getMessage().isprintable()
        assert (line.device or "").isprintable()
        assert len(line.getMessage()) < 1000

    @pytest.mark.requirement("LOG-04")
    @pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
    def test_value_is_printable_and_short_wherever_it_comes_from(
        self, write: Callable[[str], None], caplog: pytest.LogCaptureFixture
    ) -> None:
        """Also in ``extra``: not every formatter escapes what it writes."""
        caplog.set_level(logging.INFO)

        write("x\r\nERROR forged\x1b[2J\u2028\u202e" + "long " * 10_000)

        (record,) = caplog.records
        values = [record.getMessage(), getattr(record, "device", "")]
        assert all(value.isprintable() and len(value) < 400 for value in values)
