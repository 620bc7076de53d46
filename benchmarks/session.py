"""What it costs to load a session, and what one takes in memory."""

from collections.abc import Iterator

from django.contrib.auth.models import User
from django.test import RequestFactory
from django_redis import get_redis_connection

import sessionauth
from benchmarks.interleaved import time_against_each_other
from benchmarks.rows import Row
from sessionauth.engine import SessionStore

USERS = 40
SESSIONS_EACH = 5
USER_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)


def measure() -> Iterator[Row]:
    """Yield the cost of a load, then the bytes of a stored session."""
    client = get_redis_connection("default")
    client.flushdb()
    for number in range(USERS):
        user = User.objects.create_user(f"session-{number}")
        keys = [log_in(user) for _ in range(SESSIONS_EACH)]
    client.set("plain", b"x" * 300)
    timings = time_against_each_other(
        {
            "load": lambda: SessionStore(keys[0]).load(),
            "get": lambda: client.get("plain"),
        }
    )
    yield Row.of(
        "session loaded, idle timeout extended",
        timings["load"],
        timings["get"],
        against="redis-py GET",
        budget=2.0,
    )
    client.delete("plain")
    stored = sum(client.memory_usage(key, samples=0) for key in client.scan_iter())
    yield Row(
        name="stored session with index and device",
        figure=stored / (USERS * SESSIONS_EACH),
        unit="bytes",
        spread=None,
        budget=420,
        against=f"MEMORY USAGE, {SESSIONS_EACH} a user",
    )


def log_in(user: User) -> str:
    """Log a user in and return the session's id."""
    request = RequestFactory(HTTP_USER_AGENT=USER_AGENT).post("/")
    request.session = SessionStore()
    sessionauth.login(request, user)
    request.session.save()
    return str(request.session.session_key)
