"""JSON that can't be read in two ways, and values of it that nobody can change."""

import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Never

from jwtauth.exceptions import TokenMalformed


def parse_object(data: bytes) -> dict[str, Any]:
    """Parse a JSON object: UTF-8 without BOM, no name twice, no NaN, not too deep.

    Raises:
        TokenMalformed: it is anything else (RFC 8725 §2.4).
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique_members,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError) as error:
        raise TokenMalformed("not strict JSON") from error
    if not isinstance(value, dict):
        raise TokenMalformed("not a JSON object")
    return value


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # RFC 7519 §4: of two equal names, parsers keep either; so neither counts.
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member name occurs twice")
    return members


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


def frozen(value: object) -> Any:  # noqa: ANN401 # any JSON value
    """Return a JSON value whose lists are tuples and whose objects are read-only.

    Args:
        value: what ``json`` reads, or a program made: a tuple counts as a list.

    Raises:
        TypeError: JSON has no such value, such as a date or NaN.
        RecursionError: it is nested too deeply, or contains itself.
    """
    match value:
        case None | bool() | str() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case list() | tuple():
            return tuple(frozen(item) for item in value)
        case Mapping() if all(isinstance(name, str) for name in value):
            return MappingProxyType(
                {name: frozen(item) for name, item in value.items()}
            )
        case _:
            raise TypeError(f"{type(value).__name__} is not JSON")


def thawed(value: object) -> Any:  # noqa: ANN401 # any JSON value
    """Return a frozen value as the lists and dicts that ``json`` writes."""
    match value:
        case tuple():
            return [thawed(item) for item in value]
        case Mapping():
            return {name: thawed(item) for name, item in value.items()}
        case _:
            return value
