"""What one call asks of PostgreSQL and of Redis: counted, the same on every machine."""

from collections.abc import Iterator
from unittest import mock

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from redis.connection import AbstractConnection

from benchmarks import credentials, peer_credentials
from benchmarks.comparison import Call
from benchmarks.in_process import InProcess
from benchmarks.rows import Row, slug

_CALLS = 10


def measure() -> Iterator[Row]:
    """Yield the counts of a whole GET: ours, then those of the peers."""
    user, get = User.objects.create_user("counts"), InProcess().getter
    ours = credentials.jwtauth_headers(user)
    refresh_only = {**settings.JWTAUTH, "REVOCATION": "refresh_only"}
    with override_settings(JWTAUTH=refresh_only):
        yield from _rows("access known, refresh_only", get("/jwt/", ours))
    yield from _rows("access known, denylist", get("/jwt/", ours))
    session = credentials.session_headers(user)
    yield from _rows("session", get("/session/", session))
    yield from _rows("session, user's row", get("/session/row/", session))
    simplejwt = peer_credentials.simplejwt_headers(user)
    yield from _rows("simplejwt stateless", get("/simplejwt/stateless/", simplejwt))
    yield from _rows("simplejwt", get("/simplejwt/", simplejwt))
    yield from _rows("knox", get("/knox/", peer_credentials.knox_headers(user)))


def _rows(what: str, call: Call) -> Iterator[Row]:
    call()  # What is asked once is not what a request asks.
    for unit, asked in {"SQL": _statements(call), "Redis": _round_trips(call)}.items():
        yield Row(
            id=f"counts.{slug(what)}-{slug(unit)}",
            what=f"GET, {unit}, {what}",
            figure=asked / _CALLS,
            unit="",
            against="statements" if unit == "SQL" else "round trips",
        )


def _statements(call: Call) -> int:
    with CaptureQueriesContext(connection) as captured:
        _repeat(call)
    return len(captured)


def _round_trips(call: Call) -> int:
    """Count what redis-py sends: a pipeline is one, however much it holds."""
    sent = AbstractConnection.send_packed_command
    with mock.patch.object(
        AbstractConnection, "send_packed_command", autospec=True, side_effect=sent
    ) as counted:
        _repeat(call)
    return int(counted.call_count)


def _repeat(call: Call) -> None:
    for _ in range(_CALLS):
        call()
