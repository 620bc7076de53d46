"""What it costs to authenticate by a session, and what one takes in memory."""

from collections.abc import Iterator
from dataclasses import replace

from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.test import RequestFactory
from django_redis import get_redis_connection
from redis import Redis
from rest_framework.request import Request

from benchmarks import credentials, floor
from benchmarks.comparison import Call, Comparison
from benchmarks.django_sessions import ENGINES, PEER, logged_in
from benchmarks.rows import Row
from sessionauth.authentication import SessionAuthentication
from sessionauth.core.session_id import digest
from sessionauth.engine import SessionStore
from sessionauth.flows.load import load_session
from sessionauth.flows.save import save_session
from sessionauth.stores.sessions import LAST_SEEN_EVERY_MS, NAMESPACE

USERS = 40
SESSIONS_EACH = 5


def measure() -> Iterator[Comparison | Row]:
    """Yield the cost of a request's session, then the bytes of a stored one."""
    client, peer = get_redis_connection("default"), get_redis_connection("django-redis")
    client.flushdb()
    peer.flushdb()
    users = [User.objects.create_user(f"session-{number}") for number in range(USERS)]
    ours = [credentials.session_key(user) for user in users * SESSIONS_EACH]
    for key in ours:
        _use_for_a_while(key)
    theirs = [logged_in(ENGINES[PEER], user) for user in users * SESSIONS_EACH]
    yield _bytes_row("sessionauth, index and device included", "sessionauth", client)
    yield _bytes_row(f"{PEER}, without either", "django", peer)
    client.set("plain", b"x" * 300)
    yield Comparison(
        id="session",
        about="session",
        against="redis-py GET",
        yardstick=lambda: client.get("plain"),
        contenders={
            "sessionauth, loaded": lambda: SessionStore(ours[0]).load(),
            "sessionauth, authenticated": _authenticator(ours[0]),
            PEER: lambda: ENGINES[PEER](theirs[0]).load(),
            f"{PEER}, user included": _with_user(theirs[0]),
            "floor": floor.session(NAMESPACE + digest(ours[0])),
        },
    )


def _authenticator(key: str) -> Call:
    """Return what a request does whose view does not look at the user."""
    scheme, request = SessionAuthentication(), Request(RequestFactory().get("/"))
    http_request = request._request

    def authenticate() -> None:
        http_request.session = SessionStore(key)
        if scheme.authenticate(request) is None:
            raise RuntimeError("A session that has just begun is not there.")

    return authenticate


def _with_user(key: str) -> Call:
    """Return what Django does, which loads the user for every request."""
    request = RequestFactory().get("/")

    def authenticate() -> None:
        request.session = ENGINES[PEER](key)
        if not get_user(request).is_authenticated:
            raise RuntimeError("A session that has just begun is not there.")

    return authenticate


def _bytes_row(what: str, whose: str, client: Redis) -> Row:
    stored = sum(client.memory_usage(key, samples=0) or 0 for key in client.scan_iter())
    return Row(
        id=f"session-bytes.{whose}",
        what=f"session stored in Redis, {what}",
        figure=stored / (USERS * SESSIONS_EACH),
        unit="bytes",
        against=f"MEMORY USAGE, {SESSIONS_EACH} a user",
    )


def _use_for_a_while(key: str) -> None:
    """Note what is noted after the first minute: the user's check, the last use."""
    stored = load_session(key)
    if stored is None:
        raise RuntimeError("A login that has just begun is not there.")
    if not stored.record.device:
        raise RuntimeError("A login to be measured has no device: it would seem small.")
    now_ms = stored.now_ms + LAST_SEEN_EVERY_MS
    record = replace(stored.record, user_checked_at_ms=now_ms, last_seen_at_ms=now_ms)
    save_session(stored, record)
