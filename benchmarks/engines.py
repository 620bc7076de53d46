"""What sessionauth's engine costs beside Django's own on the same servers."""

import itertools
from collections.abc import Iterator

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django_redis import get_redis_connection

from benchmarks import credentials, tables
from benchmarks.comparison import Call, Comparison
from benchmarks.django_sessions import ENGINES, worker_with
from benchmarks.in_process import InProcess
from benchmarks.rows import Row
from sessionauth.engine import SessionStore
from sessionauth.flows.session import Origin

OURS = "sessionauth"
PEER = "Django cache, django-redis"
ALL: dict[str, type[SessionBase]] = {OURS: SessionStore, **ENGINES}
USERS = 40
SESSIONS_EACH = 5
ORIGIN = Origin(device="Chrome on Linux", address="203.0.113.77")


def measure() -> Iterator[Comparison | Row]:
    """Yield reads, writes, logins, logouts and whole requests; then the bytes."""
    user = User.objects.create_user("engines")
    yield from _bytes_stored()
    for name, act in (
        ("read", _reader),
        ("read, changed and saved", _writer),
        ("logged in and out", _visitor),
    ):
        calls = {engine: act(store, user) for engine, store in ALL.items()}
        yield Comparison(
            about=f"session {name}",
            against=PEER,
            yardstick=calls.pop(PEER),
            contenders=calls,
        )
    yield _whole_requests(user)


def _reader(store: type[SessionBase], user: User) -> Call:
    key = _logged_in(store, user)
    return lambda: store(key)[SESSION_KEY]


def _writer(store: type[SessionBase], user: User) -> Call:
    key, numbers = _logged_in(store, user), itertools.count()

    def write() -> None:
        session = store(key)
        session["cart"] = next(numbers)
        session.save()

    return write


def _visitor(store: type[SessionBase], user: User) -> Call:
    def visit() -> None:
        store(_logged_in(store, user)).flush()

    return visit


def _logged_in(store: type[SessionBase], user: User) -> str:
    """Store what Django's ``login()`` does; without its query for ``last_login``."""
    session = store()
    if isinstance(session, SessionStore):
        session.origin = lambda: ORIGIN
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def _whole_requests(user: User) -> Comparison:
    worker = InProcess()
    ours = credentials.session_headers(user)
    calls = {
        OURS: worker.getter("/session/", ours),
        f"{OURS}, user's row used": worker.getter("/session/row/", ours),
    }
    for engine, store in ENGINES.items():
        theirs = credentials.session_cookie(_logged_in(store, user))
        calls[engine] = worker_with(engine).getter("/session/django/", theirs)
    return Comparison(
        about="GET",
        against="the same view, public",
        yardstick=worker.getter("/public/", {}),
        contenders=calls,
        budgets={OURS: 2.0},
    )


def _bytes_stored() -> Iterator[Row]:
    figures = {engine: _bytes_each(store) for engine, store in ALL.items()}
    for engine, figure in figures.items():
        if engine != PEER:
            yield Row(
                name=f"session stored, {engine}",
                figure=figure,
                unit="bytes",
                spread=None,
                budget=420 if engine == OURS else None,
                against=f"{PEER} ({figures[PEER]:.0f} bytes)",
            )


def _bytes_each(store: type[SessionBase]) -> float:
    """Return what a session takes, with its list of the user's and with its indexes."""
    before = _bytes_taken()
    for number in range(USERS):
        user = User(pk=1_000 + number, username=f"user-{number}")
        for _ in range(SESSIONS_EACH):
            _logged_in(store, user)
    return (_bytes_taken() - before) / (USERS * SESSIONS_EACH)


def _bytes_taken() -> int:
    in_redis = 0
    for alias in ("default", "django-redis"):
        client = get_redis_connection(alias)
        keys = client.scan_iter(count=1_000)
        in_redis += sum(client.memory_usage(key, samples=0) for key in keys)
    return in_redis + tables.size([Session])
