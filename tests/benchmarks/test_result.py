"""The file that documents quote: whole or not at all, and read as it was written."""

import json
from datetime import date

import pytest

from benchmarks.result import Result
from benchmarks.rows import Row

RESULT = Result(
    measured_on=date(2026, 11, 30),
    machine={"cores": "2", "Python": "3.11.7"},
    rows=[
        Row(
            id="refresh.jwtauth",
            what="refresh, jwtauth",
            figure=0.5,
            unit="x",
            against="simplejwt",
            spread=0.02,
            own_time=0.4,
        )
    ],
)


class TestJson:
    def test_what_was_written_is_read(self) -> None:
        """Documents are made of the file, not of the run."""
        assert Result.from_json(RESULT.as_json()) == RESULT

    def test_file_says_what_the_table_says(self) -> None:
        """Whoever reads the file alone needs budget, verdict and machine, too."""
        content = json.loads(RESULT.as_json())

        assert content["machine"] == RESULT.machine
        assert content["rows"][0]["budget"] == 0.4
        assert content["rows"][0]["verdict"] == "missed by 25%"
        assert "scale.refresh" in content["not_measured"]
        assert "Python 3.11.7" in RESULT.as_table()
        assert "scale.refresh" in RESULT.as_table()

    @pytest.mark.parametrize(
        "text", ["", "[]", "{}", '{"format": 0}', '{"format": 1, "rows": []}']
    )
    def test_other_file_is_refused(self, text: str) -> None:
        """A table made of something else would be believed."""
        with pytest.raises(ValueError, match=r"."):
            Result.from_json(text)

    def test_file_of_another_format_is_refused(self) -> None:
        """Its rows may mean something else by the same names."""
        text = RESULT.as_json().replace('"format": 1', '"format": 2')

        with pytest.raises(ValueError, match="another format"):
            Result.from_json(text)
