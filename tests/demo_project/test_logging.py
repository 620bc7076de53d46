"""The demo's log: a line of JSON for each event, of whom and of which request."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from demo_project.json_lines import JSONLines
from demo_project.request_log import HEADER, RequestFilter, request_log
from sessionauth.engine import SessionStore
from tests.contracts.visitor import PASSWORD, SCHEMES, Scheme, Visitor

NASTY = 'x\r\n{"event": "forged"}\x1b[2J\u2028\u202e' + "long " * 10_000


@pytest.fixture(params=SCHEMES, ids=str)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    found: Scheme = request.param
    return found


@pytest.fixture
def alice(transactional_db: None) -> User:
    return User.objects.create_user("alice", password=PASSWORD)


@pytest.fixture
def written(settings: Settings) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the demo's handler writes, parsed; each line is one record."""
    settings.MIDDLEWARE = ["demo_project.request_log.request_log", *settings.MIDDLEWARE]
    lines: list[str] = []
    handler = logging.Handler()
    handler.setFormatter(JSONLines())
    handler.addFilter(RequestFilter())
    handler.emit = lambda record: lines.append(handler.format(record))  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in ("jwtauth", "sessionauth")]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)

    def parsed() -> list[dict[str, Any]]:
        assert all(line.isascii() and line.isprintable() for line in lines)
        return [json.loads(line) for line in lines]

    yield parsed
    for logger in loggers:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


class TestLine:
    @pytest.mark.requirement("LOG-02")
    @pytest.mark.usefixtures("alice")
    def test_login_says_who_what_when_where(
        self, scheme: Scheme, written: Callable[[], list[dict[str, Any]]]
    ) -> None:
        """One schema for both apps (ASVS 16.2.1), in UTC (16.2.2)."""
        Visitor(scheme).log_in()

        (line,) = [line for line in written() if line.get("event") == "login"]
        assert line.keys() >= {"time", "level", "logger", "user_id", "handle"}
        assert (line["address"], line["user_id"]) == (
            "127.0.0.1",
            str(User.objects.get().pk),
        )
        assert len(line["request_id"]) >= 8
        assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)

    @pytest.mark.requirement("LOG-04")
    def test_record_with_anything_in_it_is_one_line(self) -> None:
        """In the message, in a field, in the name of a logger, in a traceback."""
        record = logging.makeLogRecord(
            {"name": "jwtauth", "msg": NASTY, "event": NASTY, "device": NASTY}
        )
        try:
            {}[NASTY]
        except KeyError as error:
            record.exc_info = (KeyError, error, error.__traceback__)

        line = JSONLines().format(record)

        assert line.isascii() and line.isprintable()
        assert json.loads(line)["device"] == NASTY

    @pytest.mark.requirement("LOG-03")
    def test_field_that_is_not_on_the_list_stays_out(self) -> None:
        """Django's records carry the request, and that its cookies."""
        record = logging.makeLogRecord({"msg": "x", "request": "a cookie", "new": "y"})

        assert json.loads(JSONLines().format(record)).keys() == {
            "time",
            "level",
            "logger",
            "message",
        }


class TestRequest:
    @pytest.mark.requirement("LOG-02")
    @pytest.mark.usefixtures("alice")
    def test_lines_of_one_request_have_one_id_that_the_answer_names(
        self, written: Callable[[], list[dict[str, Any]]]
    ) -> None:
        """Whoever complains can say which request it was."""
        client = Client(headers={HEADER: "proxy-0123456789"})
        body = {"username": "alice", "password": "wrong horse"}

        answer = client.post("/jwt/auth/token/", body, content_type="application/json")

        assert answer.headers[HEADER] == "proxy-0123456789"
        ids = {line["request_id"] for line in written()}
        assert ids == {"proxy-0123456789"}

    @pytest.mark.requirement("LOG-04")
    @pytest.mark.parametrize("came", ["", "short", "x" * 65, "a b c d e", "12345678\n"])
    def test_id_that_is_none_is_not_taken_over(
        self, came: str, rf: RequestFactory
    ) -> None:
        """It would stand in every line of the request."""
        request = rf.get("/", headers={HEADER: came})

        answer = request_log(lambda _: HttpResponse())(request)

        assert answer.headers[HEADER] != came
        assert len(answer.headers[HEADER]) == 32

    @pytest.mark.requirement("LOG-01")
    def test_revocation_by_an_administrator_names_them(
        self,
        alice: User,
        written: Callable[[], list[dict[str, Any]]],
        settings: Settings,
        client: Client,
    ) -> None:
        """By whom: the reason alone does not tell one operator from another."""
        boss = User.objects.create_superuser("boss", password=PASSWORD)
        Visitor(SCHEMES[0]).log_in()
        client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
        url = f"/admin/auth/user/{alice.pk}/delete/"

        answer = client.post(url, {"post": "yes"}, secure=True)

        assert answer.status_code == 302
        (line,) = [line for line in written() if line.get("event") == "revocation"]
        assert (line["actor"], line["user_id"]) == (str(boss.pk), str(alice.pk))
        assert line["reason"] == "user_deleted"

    def test_line_outside_of_a_request_has_neither(self) -> None:
        """A command has no request."""
        record = logging.makeLogRecord({})

        assert RequestFilter().filter(record)
        assert (record.request_id, record.actor) == (None, None)  # type: ignore[attr-defined]

    @pytest.mark.django_db
    def test_user_that_nobody_read_is_not_read_for_the_log(
        self,
        django_assert_num_queries: DjangoAssertNumQueries,
        rf: RequestFactory,
    ) -> None:
        """A line of the log costs no query, and can't fail for want of a store."""
        from demo_project.request_log import request_log  # noqa: PLC0415

        def view(request: HttpRequest) -> HttpResponse:
            request.session = SessionStore("A" * 43)
            AuthenticationMiddleware(lambda _: HttpResponse()).process_request(request)
            record = logging.makeLogRecord({})
            RequestFilter().filter(record)
            assert record.actor is None  # type: ignore[attr-defined]
            assert request.session._stored is None and not request.session.accessed
            return HttpResponse()

        with django_assert_num_queries(0):
            request_log(view)(rf.get("/"))
