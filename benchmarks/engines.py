"""What sessionauth's engine costs beside Django's own on the same servers."""

import itertools
from collections.abc import Iterator

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django_redis import get_redis_connection

from benchmarks import credentials, tables
from benchmarks.comparison import Call, Comparison
from benchmarks.django_sessions import ENGINES, PEER, logged_in, worker_with
from benchmarks.in_process import InProcess
from benchmarks.rows import Row, slug
from sessionauth.engine import SessionStore

OURS = "sessionauth"
ALL: dict[str, type[SessionBase]] = {OURS: SessionStore, **ENGINES}
USERS = 40
SESSIONS_EACH = 5


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
            id=f"engines-{slug(name)}",
            about=f"session {name}",
            against=PEER,
            yardstick=calls.pop(PEER),
            contenders=calls,
        )
    yield _whole_requests(user)


def _reader(store: type[SessionBase], user: User) -> Call:
    key = logged_in(store, user)
    return lambda: store(key)[SESSION_KEY]


def _writer(store: type[SessionBase], user: User) -> Call:
    key, numbers = logged_in(store, user), itertools.count()

    def write() -> None:
        session = store(key)
        session["cart"] = next(numbers)
        session.save()

    return write


def _visitor(store: type[SessionBase], user: User) -> Call:
    def visit() -> None:
        store(logged_in(store, user)).flush()

    return visit


def _whole_requests(user: User) -> Comparison:
    worker = InProcess()
    ours = credentials.session_headers(user)
    # Those without the row, and the peer's, are among the requests of ``request``.
    calls = {f"{OURS}, user's row used": worker.getter("/session/row/", ours)}
    for engine, store in ENGINES.items():
        if engine == PEER:
            continue
        theirs = credentials.session_cookie(logged_in(store, user))
        calls[engine] = worker_with(engine).getter("/session/django/", theirs)
    return Comparison(
        id="engines-get",
        about="GET",
        against="the same view, public",
        yardstick=worker.getter("/public/", {}),
        contenders=calls,
    )


def _bytes_stored() -> Iterator[Row]:
    figures = {engine: _bytes_each(store) for engine, store in ALL.items()}
    for engine, figure in figures.items():
        yield Row(
            id=f"engines-bytes.{slug(engine)}",
            what=f"session stored, {engine}",
            figure=figure,
            unit="bytes",
            against="the server's own count, entries in lists included",
        )


def _bytes_each(store: type[SessionBase]) -> float:
    """Return what a session takes, with its list of the user's and with its indexes."""
    before = _bytes_taken()
    for number in range(USERS):
        user = User(pk=1_000 + number, username=f"user-{number}")
        for _ in range(SESSIONS_EACH):
            logged_in(store, user)
    return (_bytes_taken() - before) / (USERS * SESSIONS_EACH)


def _bytes_taken() -> int:
    in_redis = 0
    for alias in ("default", "django-redis"):
        client = get_redis_connection(alias)
        keys = client.scan_iter(count=1_000)
        in_redis += sum(client.memory_usage(key, samples=0) for key in keys)
    return in_redis + tables.size([Session])
