"""What it costs to load a session, and what one takes in memory."""

from collections.abc import Iterator
from dataclasses import replace

from django.contrib.auth.models import User
from django_redis import get_redis_connection

from benchmarks.comparison import Comparison
from benchmarks.credentials import session_key
from benchmarks.rows import Row
from sessionauth.engine import SessionStore
from sessionauth.flows.load import load_session
from sessionauth.flows.save import save_session
from sessionauth.stores.sessions import LAST_SEEN_EVERY_MS

USERS = 40
SESSIONS_EACH = 5


def measure() -> Iterator[Comparison | Row]:
    """Yield the cost of a load, then the bytes of a stored session."""
    client = get_redis_connection("default")
    client.flushdb()
    for number in range(USERS):
        user = User.objects.create_user(f"session-{number}")
        keys = [session_key(user) for _ in range(SESSIONS_EACH)]
        for key in keys:
            _use_for_a_while(key)
    client.set("plain", b"x" * 300)
    yield Comparison(
        about="session",
        against="redis-py GET",
        yardstick=lambda: client.get("plain"),
        contenders={
            "loaded, idle timeout extended": lambda: SessionStore(keys[0]).load()
        },
        budgets={"loaded, idle timeout extended": 2.0},
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


def _use_for_a_while(key: str) -> None:
    """Note what is noted after the first minute: the user's check, the last use."""
    stored = load_session(key)
    if stored is None:
        raise RuntimeError("A login that has just begun is not there.")
    now_ms = stored.now_ms + LAST_SEEN_EVERY_MS
    record = replace(stored.record, user_checked_at_ms=now_ms, last_seen_at_ms=now_ms)
    save_session(stored, record)
