"""A session's record: the data and what the store must know beside it, as hash fields.

One field per top-level key of the session, so that two requests which change
different keys both win. A key of the session gets the prefix ``:``; what is ours has
one letter, so no key, however odd, can pass for it. So have the three that Django
sets at a login, which would else be a fifth of the record. Values are opaque JSON:
the scripts of the store never look into them.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from sessionauth.exceptions import RecordCorrupt

Fields = dict[bytes, bytes]

DATA_PREFIX = b":"
USER_ID = "_auth_user_id"
BACKEND = "_auth_user_backend"
AUTH_HASH = "_auth_user_hash"
EXPIRY = "_session_expiry"
AUTH_KEYS = (USER_ID, BACKEND, AUTH_HASH)
USER_FIELD = b"U"
"""Under this name the user id is stored."""
_FIELD_OF_KEY = {USER_ID: USER_FIELD, BACKEND: b"B", AUTH_HASH: b"H"}
_KEY_OF_FIELD = {name: key for key, name in _FIELD_OF_KEY.items()}

# A JSON text never starts with a NUL. In quotes, the 64 hexadecimal digits of an
# auth hash have 66 bytes, and a value of more than 64 would make Redis give up the
# compact encoding of the whole hash: twice the memory.
_HEX_MARK = b"\x00"
_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")
# Most values are short texts like ids and paths. They need no JSON parser: without a
# backslash, a quote or a control character JSON is the text between the quotes.
_PLAIN_TEXT = re.compile(rb'"[ !#-\[\]-~]*"')
_SPELT_BY_JSON = (int, float, bool, type(None))

_USER_CHECKED_AT = b"v"
# The store sets it when the id was renewed: such a record does not count any more.
RENEWED_TO = b"r"


# What ``datetime`` can express: the years 1 to 9999.
_FIRST_MS = -62_135_596_800_000
_END_MS = 253_402_300_800_000


def _instant(text: bytes) -> int:
    number = int(text)
    # Beyond that no calendar can show it to the user.
    if not _FIRST_MS <= number < _END_MS:
        raise ValueError
    return number


# What is ours: the name that stands behind each letter, and how its value is read.
_OWN: dict[bytes, tuple[str, Callable[[bytes], int | str]]] = {
    b"c": ("created_at_ms", _instant),
    b"a": ("authenticated_at_ms", _instant),
    _USER_CHECKED_AT: ("user_checked_at_ms", _instant),
    b"i": ("idle_ms", int),
    b"x": ("deadline_ms", _instant),
    b"d": ("device", bytes.decode),
    b"p": ("address", bytes.decode),
    # Written by the store when the session is used, at most once in a while.
    b"u": ("last_seen_at_ms", _instant),
}


class Serializer(Protocol):
    """What Django calls a session serializer; it must speak JSON."""

    def dumps(self, obj: object) -> bytes:
        """Return ``obj`` as JSON."""

    def loads(self, data: bytes) -> object:
        """Return what ``data`` says; ValueError if it is no JSON."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionRecord:
    """What the store knows about one session. Instants are the server's, in ms."""

    created_at_ms: int
    data: Mapping[str, object] = field(default_factory=dict, repr=False)
    authenticated_at_ms: int | None = None
    user_checked_at_ms: int | None = None
    idle_ms: int | None = None
    deadline_ms: int | None = None
    device: str = ""
    address: str = ""
    last_seen_at_ms: int | None = None
    """When it was used, as of the last time that this was noted; None before that."""

    @property
    def began_at_ms(self) -> int:
        """Return when the user logged in last; for nobody, when it was created."""
        return self.authenticated_at_ms or self.created_at_ms

    @property
    def user_id(self) -> str | None:
        """Return the primary key of the user, as text; None if nobody logged in."""
        value = self.data.get(USER_ID)
        return value if isinstance(value, str) else None


def to_fields(record: SessionRecord, serializer: Serializer) -> Fields:
    """Return the hash fields of ``record``."""
    own = {letter: getattr(record, name) for letter, (name, _) in _OWN.items()}
    fields = {k: str(v).encode() for k, v in own.items() if v is not None and v != ""}
    for key, value in record.data.items():
        fields[_field_of(key)] = _dump(value, serializer)
    return fields


def from_fields(fields: Mapping[bytes, bytes], serializer: Serializer) -> SessionRecord:
    """Return the record that ``fields`` hold.

    Raises:
        RecordCorrupt: a field is foreign, missing or unreadable.
    """
    try:
        return _read(fields, serializer.loads)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        # `from None`: the text of a JSON error quotes the value it failed on.
        raise RecordCorrupt(type(error).__name__) from None


def user_checked(fields: Mapping[bytes, bytes], now_ms: int) -> Fields:
    """Return the fields with the time at which the user's row was checked."""
    return {**fields, _USER_CHECKED_AT: b"%d" % now_ms}


def user_unchecked(fields: Mapping[bytes, bytes]) -> Fields:
    """Return the fields as if the user's row had not been checked since the login."""
    return {n: value for n, value in fields.items() if n != _USER_CHECKED_AT}


def read_user_id(stored: bytes | None, serializer: Serializer) -> str | None:
    """Return the user id in one stored value; None where it holds none."""
    if stored is None:
        return None
    try:
        value = _load(stored, serializer.loads)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, str) else None


def difference(old: Fields, new: Fields) -> tuple[Fields, tuple[bytes, ...]]:
    """Return the fields to set and the fields to remove that turn old into new."""
    changed = {name: value for name, value in new.items() if old.get(name) != value}
    return changed, tuple(name for name in old if name not in new)


def _read(
    fields: Mapping[bytes, bytes], loads: Callable[[bytes], object]
) -> SessionRecord:
    data: dict[str, object] = {}
    own: dict[str, Any] = {}
    # One pass and no more: this runs at every request with a session.
    for field_name, value in fields.items():
        if field_name[:1] == DATA_PREFIX or field_name in _KEY_OF_FIELD:
            data[_key_of(field_name)] = _load(value, loads)
        else:
            name, read = _OWN[field_name]
            own[name] = read(value)
    for key in AUTH_KEYS:
        _require_text(data.get(key, ""))
    return SessionRecord(data=data, **own)


def _require_text(value: object) -> None:
    if not isinstance(value, str):
        raise TypeError
    # JSON can spell half of a surrogate pair, and NUL. Neither can be compared with an
    # auth hash or put into a query.
    if not value.isascii():
        value.encode()
    if "\0" in value:
        raise ValueError


def _load(value: bytes, loads: Callable[[bytes], object]) -> object:
    if value[:1] == _HEX_MARK:
        return value[1:].hex()
    if _PLAIN_TEXT.fullmatch(value):
        return value[1:-1].decode("ascii")
    return loads(value)


def _dump(value: object, serializer: Serializer) -> bytes:
    if isinstance(value, str) and _HEX_DIGEST.fullmatch(value):
        return _HEX_MARK + bytes.fromhex(value)
    return serializer.dumps(value)


@lru_cache(maxsize=1024)
def _key_of(field_name: bytes) -> str:
    """Return the session's key; all sessions of a project have the same few."""
    if field_name in _KEY_OF_FIELD:
        return _KEY_OF_FIELD[field_name]
    key = field_name[1:].decode("utf-8", "surrogatepass")
    if key in _FIELD_OF_KEY:
        raise ValueError  # Two names for one key: which of them would count?
    return key


def _field_of(key: object) -> bytes:
    if isinstance(key, str):
        if key in _FIELD_OF_KEY:
            return _FIELD_OF_KEY[key]
        return DATA_PREFIX + key.encode("utf-8", "surrogatepass")
    if isinstance(key, _SPELT_BY_JSON):
        # As JSON does with the keys of an object: 1 becomes "1", None "null".
        return _field_of(str(key) if type(key) in {int, float} else _json_name(key))
    raise TypeError(f"Keys of a session are text, not {type(key).__name__}.")


def _json_name(key: object) -> str:
    return {True: "true", False: "false", None: "null"}[key]  # type: ignore[index] # the caller tested it
