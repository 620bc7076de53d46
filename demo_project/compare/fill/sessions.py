"""Sessions in Redis: copies of a real one, with their entries in both indexes.

What is in a record, and under which names, the app says; it is stored many at a time,
where the app stores one.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib.auth.models import User
from redis import Redis

from demo_project.compare.fill.order import LOGINS_EACH, FilledLogin, FillOrder
from demo_project.compare.fill.users import FilledUser, add_users
from sessionauth.conf import get_serializer, get_settings
from sessionauth.core.record import USER_ID, SessionRecord, from_fields, to_fields
from sessionauth.core.session_id import digest, new_session_key
from sessionauth.flows.active_sessions import active_sessions
from sessionauth.stores import index, logins, sessions
from sessionauth.stores.servers import store_of

USERS_AT_ONCE = 1_000
TIMEOUT_SECONDS = 60.0
"""Longer than the app's: a server that is being filled may wait for its disk."""
SPREAD_MS = 3_600_000
"""They were begun within the last hour."""
INDEX_KEPT_MS = 60_000
"""How much longer than its newest login an index is kept."""

# What the app's own scripts write at a login, for all logins of a user at once.
# KEYS: the user's index, the list of last logins, a record for each login.
# ARGV: idle ms, ms that the indexes live, user id, time of the last login in µs, how
#   many fields a record has, names and values of the fields, the digests.
_STORE = """
local digests = 5 + 2 * ARGV[5]
for n = 3, #KEYS do
  redis.call('HSET', KEYS[n], unpack(ARGV, 6, digests))
  redis.call('PEXPIRE', KEYS[n], ARGV[1])
  local at = string.format('%.0f', ARGV[4] - #KEYS + n)
  redis.call('ZADD', KEYS[1], at, ARGV[digests + n - 2])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
"""


@dataclass(frozen=True, kw_only=True)
class _Template:
    record: SessionRecord
    now_ms: int

    def copy_for(self, user_id: str) -> SessionRecord:
        """Return the record of a session that has been in use for a while."""
        began_at_ms = self.now_ms - random.randrange(SPREAD_MS)  # noqa: S311 # no secret
        return replace(
            self.record,
            data={**self.record.data, USER_ID: user_id},
            created_at_ms=began_at_ms,
            authenticated_at_ms=began_at_ms,
            user_checked_at_ms=self.now_ms,
            last_seen_at_ms=self.now_ms,
        )


def count_stored() -> int:
    """Return how many sessions there are; a scan may come upon one twice."""
    return len(set(sessions.every_session()))


def fill(order: FillOrder) -> list[FilledLogin]:
    """Store sessions until there are as many as ordered; return those to be known."""
    missing = order.stored - count_stored()
    if missing <= 0:
        return []
    user = User.objects.get(username=order.username)
    template, every = _newest(user), order.every(missing)
    known: list[FilledLogin] = []
    with _patient_client() as client:
        for start in range(0, missing, USERS_AT_ONCE * LOGINS_EACH):
            number = min(USERS_AT_ONCE * LOGINS_EACH, missing - start)
            added = _add(client, number, template, user)
            known += added[-start % every :: every]
    return known[: order.known]


def _newest(user: User) -> _Template:
    listed = active_sessions(str(user.pk))
    newest = max(listed, key=lambda session: session.authenticated_at_ms)
    (peeked,) = sessions.peek([newest.handle])
    if peeked is None:
        raise RuntimeError("The session to be copied has ended.")
    now_ms = logins.read(logins.EVERYBODY, None, 0).now_us // 1000
    record = from_fields(peeked.fields, get_serializer())
    return _Template(record=record, now_ms=now_ms)


def _patient_client() -> Redis:
    location = settings.CACHES[get_settings().cache]["LOCATION"]
    return Redis.from_url(str(location), socket_timeout=TIMEOUT_SECONDS)


def _add(
    client: Redis, number: int, template: _Template, like: User
) -> list[FilledLogin]:
    users = add_users(-(-number // LOGINS_EACH), like)
    pipeline = client.pipeline(transaction=False)
    added: list[FilledLogin] = []
    script = client.script_load(_STORE)
    for user in users:
        some = [
            FilledLogin(username=user.username, credential=new_session_key())
            for _ in range(min(LOGINS_EACH, number - len(added)))
        ]
        keys, arguments = _stored(user, some, template)
        pipeline.evalsha(script, len(keys), *keys, *arguments)
        added += some
    pipeline.execute()
    return added


def _stored(
    user: FilledUser, some: Sequence[FilledLogin], template: _Template
) -> tuple[list[str], list[str | int | bytes]]:
    """Return the keys and arguments of ``_STORE`` for the sessions of one user."""
    timeouts, user_id = get_settings().timeouts, str(user.pk)
    record = template.copy_for(user_id)
    fields = to_fields(record, get_serializer())
    digests = [digest(login.credential) for login in some]
    prefix = store_of(get_settings().cache).prefix
    keys = [index.NAMESPACE + user_id, logins.KEY]
    keys += [sessions.NAMESPACE + session_digest for session_digest in digests]
    return [prefix + key for key in keys], [
        timeouts.idle_ms,
        timeouts.absolute_ms + INDEX_KEPT_MS,
        user_id,
        record.began_at_ms * 1000 + len(some),
        len(fields),
        *(part for pair in fields.items() for part in pair),
        *digests,
    ]
