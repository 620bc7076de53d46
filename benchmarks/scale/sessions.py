"""A million sessions in Redis: loaded, listed, changed, begun and ended."""

import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django_redis import get_redis_connection
from redis.client import Pipeline

from benchmarks import credentials, progress
from benchmarks.rows import Row
from benchmarks.scale.sides import (
    LOGINS_EACH,
    SIZES,
    Prepare,
    compare,
    numbers_asked_for,
)
from sessionauth.conf import get_serializer, get_settings
from sessionauth.core.record import AUTH_HASH, USER_ID, Fields, to_fields
from sessionauth.core.session_id import digest, new_session_key
from sessionauth.engine import SessionStore
from sessionauth.flows.active_sessions import active_sessions
from sessionauth.flows.load import load_session
from sessionauth.flows.stored import StoredSession
from sessionauth.stores import index, logins, sessions

BATCH = 5_000


class Stored(NamedTuple):
    """A session that is there, and whose it is."""

    session_key: str
    user_id: str


def measure() -> Iterator[Row]:
    """Yield a row for each thing that is done to sessions."""
    caches = {**settings.CACHES, "few": settings.CACHES["django-redis"]}
    with override_settings(CACHES=caches):
        filled = {alias: _fill(alias, size) for alias, size in SIZES.items()}
        yield from compare(ACTS, filled, _side)
        for alias in SIZES:
            get_redis_connection(alias).flushdb()


def _side(alias: str) -> AbstractContextManager[object]:
    return override_settings(SESSIONAUTH={"CACHE": alias})


def _load(stored: Stored) -> None:
    if load_session(stored.session_key) is None:
        raise RuntimeError("A session that was stored is not there.")


def _save(stored: Stored) -> None:
    session = SessionStore(stored.session_key)
    session["cart"] = session.get("cart", 0) + 1
    session.save()


def _log_in_and_out(stored: Stored) -> None:
    """Add a login to the list of a user who has some already."""
    session = SessionStore()
    session.update(SessionStore(stored.session_key).items())
    session.save()
    session.flush()


def _list(stored: Stored) -> None:
    if len(active_sessions(stored.user_id)) < LOGINS_EACH:
        raise RuntimeError("Not all of a user's sessions are listed.")


ACTS: dict[str, Prepare[Stored]] = {
    f"session {name}": partial(partial, act)
    for name, act in {
        "loaded": _load,
        "listed": _list,
        "changed and saved": _save,
        "logged in and out": _log_in_and_out,
    }.items()
}


def _fill(alias: str, size: int) -> list[Stored]:
    """Store so many sessions; return those to ask for."""
    progress.show(f"a million logins: storing {size:,} sessions")
    client, asked_for = get_redis_connection(alias), numbers_asked_for(size)
    client.flushdb()
    some: list[Stored] = []
    with override_settings(SESSIONAUTH={"CACHE": alias}):
        template = _a_real_login()
        for start in range(0, size, BATCH):
            pipeline = client.pipeline(transaction=False)
            for number in range(start, start + BATCH):
                copy = _store_copy(pipeline, template, number)
                # A million ids would take as much memory as some of the sessions.
                if number in asked_for:
                    some.append(copy)
            pipeline.execute()
    return some


def _a_real_login() -> StoredSession:
    user, _ = User.objects.get_or_create(username="scale")
    stored = load_session(credentials.session_key(user))
    if stored is None:
        raise RuntimeError("A login that has just begun is not there.")
    return stored


def _store_copy(pipeline: Pipeline, template: StoredSession, number: int) -> Stored:
    """Store a session of the user whose turn it is, and its entry in their list."""
    copy = Stored(new_session_key(), str(number // LOGINS_EACH + 1))
    session_digest = digest(copy.session_key)
    key, list_key = sessions.NAMESPACE + session_digest, index.NAMESPACE + copy.user_id
    fields = _used_by(copy.user_id, template)
    timeouts = get_settings().timeouts
    pipeline.hset(key, items=[part for pair in fields.items() for part in pair])
    pipeline.pexpire(key, timeouts.idle_ms)
    pipeline.zadd(list_key, {session_digest: template.now_ms * 1_000 + number})
    pipeline.pexpire(list_key, timeouts.absolute_ms)
    # The one list that the logins of all users share.
    pipeline.zadd(logins.KEY, {copy.user_id: template.now_ms * 1_000 + number})
    pipeline.pexpire(logins.KEY, timeouts.absolute_ms)
    return copy


def _used_by(user_id: str, template: StoredSession) -> Fields:
    """Return the fields of a session that has been in use for a while."""
    data = {USER_ID: user_id, AUTH_HASH: secrets.token_hex(32)}
    record = replace(
        template.record,
        data={**template.record.data, **data},
        user_checked_at_ms=template.now_ms,
        last_seen_at_ms=template.now_ms,
    )
    return to_fields(record, get_serializer())
