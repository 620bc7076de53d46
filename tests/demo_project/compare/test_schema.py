"""The comparison's file has the shape that is documented, and no other."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from demo_project.compare.result import GROUPS, UNITS, Kind, Result
from tests.demo_project.compare.results import result
from tests.demo_project.compare.schema import SCHEMA, faults


class TestSchema:
    def test_it_is_one(self) -> None:
        """A misspelt keyword would be passed over, and allow all."""
        Draft202012Validator.check_schema(SCHEMA)

    def test_groups_are_those_of_the_code(self) -> None:
        """A group that the schema doesn't know would fail after minutes."""
        assert SCHEMA["$defs"]["row"]["properties"]["group"]["enum"] == list(GROUPS)

    def test_kinds_are_those_of_the_code(self) -> None:
        """The same holds for kinds."""
        assert SCHEMA["$defs"]["row"]["properties"]["kind"]["enum"] == list(Kind)

    def test_units_are_those_of_the_code(self) -> None:
        """The same holds for units."""
        assert SCHEMA["$defs"]["row"]["properties"]["unit"]["enum"] == list(UNITS)


class TestFile:
    def test_result_made_by_hand_is_valid_and_comes_back_as_it_was(self) -> None:
        """Whoever reads the file later reads what was measured."""
        text = result().to_json()

        assert faults(text) == []
        assert Result.from_json(text).to_json() == text


def _first_row(content: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = content["rows"][0]
    return row


def _first_cell(content: dict[str, Any]) -> dict[str, Any]:
    cell: dict[str, Any] = _first_row(content)["cells"]["session"]
    return cell


BREAKS: dict[str, Callable[[dict[str, Any]], object]] = {
    "another format": lambda file: file.update(format=2),
    "no format": lambda file: file.pop("format"),
    "an unknown field": lambda file: file.update(comment="fast"),
    "a time without a zone": lambda file: file.update(taken_at="2026-03-01T12:34:56"),
    "a time in another zone": lambda file: file.update(
        taken_at="2026-03-01T12:34:56+02:00"
    ),
    "no time spent": lambda file: file.update(seconds=0),
    "quick in words": lambda file: file.update(quick="yes"),
    "no processors": lambda file: file["machine"].update(processors=0),
    "no versions": lambda file: file["machine"].update(versions={}),
    "an unknown field of the machine": lambda file: file["machine"].update(host="a"),
    "no rows": lambda file: file.update(rows=[]),
    "no modes": lambda file: file.update(modes=[]),
    "a mode without explanation": lambda file: file["modes"][0].pop("explanation"),
    "a mode twice": lambda file: file["modes"].append(file["modes"][0]),
    "a row twice": lambda file: file["rows"].append(file["rows"][0]),
    "an id with a space": lambda file: _first_row(file).update(id="p 50"),
    "an unknown group": lambda file: _first_row(file).update(group="other"),
    "an unknown kind": lambda file: _first_row(file).update(kind="guessed"),
    "an unknown unit": lambda file: _first_row(file).update(unit="s"),
    "an unknown direction": lambda file: _first_row(file).update(better="left"),
    "a row that says not how": lambda file: _first_row(file).update(how=" "),
    "a row without noise": lambda file: _first_row(file).pop("noise"),
    "an unknown field of a row": lambda file: _first_row(file).update(note="fast"),
    "a mode without a cell": lambda file: _first_row(file)["cells"].pop("jwt"),
    "a cell of no mode": lambda file: _first_row(file)["cells"].update(
        other=_first_cell(file)
    ),
    "a cell without text": lambda file: _first_cell(file).update(text=""),
    "a value in words": lambda file: file["rows"][1]["cells"]["jwt"].update(value="3"),
    "quartiles without a value": lambda file: _first_cell(file).update(value=None),
    "one quartile": lambda file: _first_cell(file).update(low=None),
    "the other quartile": lambda file: _first_cell(file).update(high=None),
    "an unknown field of a cell": lambda file: _first_cell(file).update(mean=3),
    "details with parts": lambda file: _first_cell(file).update(details={"a": [1]}),
}


class TestBrokenFile:
    @pytest.mark.parametrize("what", BREAKS)
    def test_it_is_refused_for_one_fault(self, what: str) -> None:
        """A file that only looks like one must not be taken for measurements."""
        content = json.loads(result().to_json())
        BREAKS[what](content)

        assert len(faults(json.dumps(content))) == 1
