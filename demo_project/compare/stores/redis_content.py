"""What is stored in Redis, to the byte, whatever the server makes of it.

Counted is what was written: the name of a key, and the names and values in it. What the
server needs beside that differs between versions (``memory_of`` asks it).
"""

from collections.abc import Iterable, Mapping
from typing import cast

import redis

SCORE_BYTES = 8
"""Of an entry of a sorted set: a double, whatever its text looks like."""

SESSION = b"sa:s:"
# These are there for all logins: of them the entries count alone.
DENYLIST = b"jwtauth:denylist:"
LAST_LOGINS = b"sa:l"
# Each shard of the denylist has it when it was asked once, whoever is logged in.
SHARD_MARKER = b"complete"
# A session notes it from its second minute on, if it lives so long: 14 bytes.
LAST_SEEN = b"u"

NAME = b""
"""The entry under which the name of a key is counted, where it is a login's own."""

Content = Mapping[bytes, Mapping[bytes, int]]
"""By the name of the key: the bytes of each entry, its own name included."""


def redis_content(client: redis.Redis) -> Content:
    """Return all that is stored on account of logins.

    Raises:
        TypeError: A key has a type that neither of the apps uses.
    """
    found = {key: _entries(client, key) for key in client.scan_iter(count=1_000)}
    return {key: entries for key, entries in found.items() if entries}


def new_keys(before: Content, after: Content) -> list[bytes]:
    """Return the keys that have come, but for those that all logins share."""
    return sorted(key for key in after.keys() - before.keys() if NAME in after[key])


def new_bytes(before: Content, after: Content) -> int:
    """Return the bytes that have come; keys that ended meanwhile don't count."""
    return sum(
        sum(entries.values()) - sum(before.get(key, {}).values())
        for key, entries in after.items()
    )


def memory_of(client: redis.Redis, keys: Iterable[bytes]) -> int:
    """Return what the server itself says that the keys take."""
    return sum(int(client.memory_usage(key, samples=0) or 0) for key in keys)


def _entries(client: redis.Redis, key: bytes) -> dict[bytes, int]:
    if DENYLIST in key or key.endswith(LAST_LOGINS):
        members = _members(client, key)
        return {m: size for m, size in members.items() if m != SHARD_MARKER}
    kind = client.type(key)
    if kind == b"none":
        return {}  # It has ended since it was listed.
    if kind == b"zset":
        return {NAME: len(key), **_members(client, key)}
    if kind == b"hash":
        fields = cast("dict[bytes, bytes]", client.hgetall(key)).items()
        sizes = {name: len(name) + len(value) for name, value in fields}
        if SESSION in key:
            sizes.pop(LAST_SEEN, None)
        return {NAME: len(key), **sizes}
    raise TypeError(f"{key!r} is a {kind!r}.")


def _members(client: redis.Redis, key: bytes) -> dict[bytes, int]:
    members = cast("list[bytes]", client.zrange(key, 0, -1))
    return {member: len(member) + SCORE_BYTES for member in members}
