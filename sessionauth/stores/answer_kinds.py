"""What kind of answer belongs to each question; any other is no answer."""

from types import NoneType, UnionType
from typing import TypeAlias

from sessionauth.exceptions import StoreDown

Kind: TypeAlias = type | UnionType
NOTHING: Kind = NoneType

OF_COMMANDS: dict[str, Kind] = {
    "DEL": int,
    "EXISTS": int,
    "HGETALL": dict,
    "HMGET": list,
    "PTTL": int,
    "ZADD": int,
    "ZRANGE": list,
    "ZRANGEBYSCORE": list,
    "ZREM": int,
    "ZSCORE": float | None,
}
"""As redis-py hands them on."""


def expected(kind: Kind, answer: object) -> object:
    """Return ``answer`` if it can be one to what was asked.

    Any other comes from something that is no Redis, or belongs to another question. It
    says nothing about a session.

    Raises:
        StoreDown: it is of another kind.
    """
    if not isinstance(answer, kind):
        raise StoreDown(f"Not the kind of answer that was asked for: {type(answer)}.")
    return answer
