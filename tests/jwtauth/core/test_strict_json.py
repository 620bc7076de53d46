"""Frozen JSON values: what goes in, and that it comes out as it was."""

import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from jwtauth.core.strict_json import frozen, thawed

VALUE = {"a": [1, 2.5, True, None, "x", {"b": [[], {}]}], "c": {}}


class TestFrozen:
    def test_frozen_value_thaws_to_the_same_json(self) -> None:
        """A claim is read as it was written."""
        assert thawed(frozen(VALUE)) == VALUE
        assert json.loads(json.dumps(thawed(frozen(VALUE)))) == VALUE

    def test_frozen_copy_does_not_follow_its_original(self) -> None:
        """The project's function may keep what it returned, and change it."""
        value: dict[str, Any] = {"a": ["b"]}
        copy = frozen(value)

        value["a"].append("c")

        assert copy == {"a": ("b",)}

    @pytest.mark.parametrize(
        "value",
        [
            *(float("nan"), float("inf"), {1: "int"}, {"set"}, b"bytes", object()),
            *(date(2026, 1, 1), Decimal(1), UUID(int=1), ["deep", {"x": {None: 1}}]),
        ],
        ids=lambda value: f"{type(value).__name__} {value!s:.12}",
    )
    def test_value_that_is_no_json_is_an_error(self, value: object) -> None:
        """``json.dumps`` makes "1" of 1 as a name, and of NaN what nobody reads."""
        with pytest.raises(TypeError):
            frozen(value)

    def test_value_that_contains_itself_is_an_error(self) -> None:
        """An error, not a hang."""
        value: list[Any] = []
        value.append(value)

        with pytest.raises(RecursionError):
            frozen(value)
