"""The result of a comparison and its file."""

import json
from dataclasses import replace

import pytest

from demo_project.compare.result import Cell, Kind, Result
from tests.demo_project.compare.results import counted, result


class TestJson:
    def test_what_was_written_is_read_back_equal(self) -> None:
        """Pages and documents show the file, not the run."""
        cell = Cell(text="1", value=1.0, low=0.5, high=2.0, details={"first": 2})
        written = result(replace(counted("sql", {}), cells={"session": cell}))

        read = Result.from_json(written.to_json())

        assert read.to_json() == written.to_json()
        assert read.rows[0].kind is Kind.COUNTED
        assert read.rows[0].cells["session"] == cell
        assert read.machine == written.machine
        assert list(read.modes) == list(written.modes)

    @pytest.mark.parametrize(
        "content", ["", "[]", "{}", "3", '{"format": 0}', '{"format": 1, "rows": []}']
    )
    def test_other_file_is_a_value_error(self, content: str) -> None:
        """A page must be able to say so, whatever is in the file."""
        with pytest.raises(ValueError, match=r"."):
            Result.from_json(content)

    def test_unknown_kind_is_a_value_error(self) -> None:
        """A row that nobody knows how far to trust is no row."""
        content = json.loads(result(counted("sql", {"session": "1"})).to_json())
        content["rows"][0]["kind"] = "guessed"

        with pytest.raises(ValueError, match="guessed"):
            Result.from_json(json.dumps(content))


class TestRow:
    def test_row_is_found_by_its_id(self) -> None:
        """Titles may be worded anew."""
        found = result(counted("sql", {}), counted("redis", {}))

        assert found.row("redis") is found.rows[1]

    def test_row_that_was_not_made_is_none(self) -> None:
        """The rows of the group scale are made on request only."""
        assert result().row("share_at_10000") is None
