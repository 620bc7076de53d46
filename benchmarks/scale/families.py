"""A million token families in PostgreSQL, some of them ended and on the denylist."""

import copy
import secrets
import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django_redis import get_redis_connection

from benchmarks import credentials, progress, tables
from benchmarks.rows import Row
from benchmarks.scale.databases import FEW, second_database, side
from benchmarks.scale.family_acts import ACTS, Family
from benchmarks.scale.sides import LOGINS_EACH, SIZES, compare, numbers_asked_for
from jwtauth.core.refresh_token import RefreshToken, secret_hash
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.stores import denylist_rebuild, denylist_shards, key_source
from jwtauth.stores.bindings import bindings

ENDED_EVERY = 10
"""One login in so many has ended: those are what the denylist holds."""
BETWEEN_LOGINS = timedelta(seconds=1)


def measure() -> Iterator[Row]:
    """Yield a row for each thing that is done to logins."""
    caches = {**settings.CACHES, FEW: settings.CACHES["django-redis"]}
    with override_settings(CACHES=caches), second_database():
        logins = {}
        for alias, size in SIZES.items():
            with side(alias):
                logins[alias] = _fill(alias, size)
        yield from compare(ACTS, logins, side)


def _fill(alias: str, size: int) -> list[Family]:
    """Store so many logins; return those to ask for."""
    progress.show(f"a million logins: storing {size:,} token families")
    get_redis_connection(alias).flushdb()
    users = _users(size // LOGINS_EACH)
    asked_for = {n for n in numbers_asked_for(size) if n % ENDED_EVERY}
    some: list[Family] = []
    families = _copies(_a_real_login(users[0]), users, asked_for, some)
    tables.copy_in(User, users[1:], using=alias)
    tables.copy_in(TokenFamily, families, using=alias)
    for model in (User, TokenFamily):
        tables.rewrite(model, using=alias)
    progress.show(f"a million logins: filling the denylist of {size:,}")
    for shard in denylist_shards.SHARDS:
        denylist_rebuild.rebuild(shard, now=datetime.now(UTC))
    return some


def _users(number: int) -> list[User]:
    """Return so many users, of whom the first is there."""
    first = User.objects.create_user("scale-0")
    users = [first]
    for position in range(1, number):
        user = copy.copy(first)
        user.pk, user.username = first.pk + position, f"scale-{position}"
        users.append(user)
    return users


def _a_real_login(user: User) -> TokenFamily:
    """Return the family of one, which isn't stored any more."""
    credentials.jwtauth_tokens(user)
    family = TokenFamily.objects.get()
    family.delete()
    return family


def _copies(
    first: TokenFamily,
    users: Sequence[User],
    asked_for: Collection[int],
    some: list[Family],
) -> Iterator[TokenFamily]:
    """Yield copies of a family without a query; add those to ask for to ``some``.

    They are made while COPY has the connection, where a query would wait for ever.
    """
    for number in range(len(users) * LOGINS_EACH):
        family, user = copy.copy(first), users[number // LOGINS_EACH]
        family.pk, family.user_id = uuid.uuid4(), user.pk
        family.nonce = secrets.token_bytes(len(first.nonce))
        family.secret_hash = secrets.token_bytes(len(first.secret_hash))
        family.binding = secrets.token_bytes(len(first.binding))
        family.absolute_expires_at += number * BETWEEN_LOGINS
        if number % ENDED_EVERY == 0:
            family.revoked_at = first.created_at
            family.revoked_reason = RevocationReason.LOGOUT
        if number in asked_for:
            some.append(_usable(family, user))
        yield family


def _usable(family: TokenFamily, user: User) -> Family:
    """Give a family a secret that is known, so that it can be refreshed."""
    key = key_source.current_refresh_key(time.time())
    token = RefreshToken(
        sid=family.pk.bytes,
        generation=family.generation,
        secret=secrets.token_bytes(32),
    )
    family.secret_hash = secret_hash(token.secret)
    family.binding = bindings(family, user, key)[0]
    return Family(
        sid=token.sid,
        user_id=user.pk,
        username=user.username,
        refresh_token=key.encode(token),
    )
