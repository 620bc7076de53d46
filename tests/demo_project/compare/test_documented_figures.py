"""What is exact in the comparison is what the documents say."""

from dataclasses import replace
from pathlib import Path

import pytest

from demo_project.compare.modes import MODES
from demo_project.compare.result import Cell, Kind, Result
from demo_project.environment import CHECKOUT
from demo_project.throw_away_postgres import find_programs
from tests.demo_project.compare.differences import differences
from tests.demo_project.compare.results import counted, result
from tests.demo_project.compare.schema import faults
from tests.demo_project.conftest import StartDemo

DOCUMENTED = CHECKOUT / "docs" / "figures" / "compare.json"
# On a busy machine; an idle one needs a minute.
LONGEST_SECONDS = 600


@pytest.fixture
def documented() -> Result:
    """What README and docs are generated from."""
    return Result.from_json(DOCUMENTED.read_text(encoding="utf-8"))


@pytest.mark.serial
@pytest.mark.slow
def test_quick_run_finds_exactly_what_is_documented(
    documented: Result, tmp_path: Path, start_demo: StartDemo
) -> None:
    """A statement, a round trip or an outcome more is a change of the design."""
    target, page = tmp_path / "rows.json", tmp_path / "rows.html"
    program = f"demo_project.compare --quick --json {target} --html {page}"

    compare = start_demo(tmp_path / "unused", program=program)

    assert compare.process.wait(LONGEST_SECONDS) == 0, compare.output
    assert compare.leftovers() == []
    assert faults(target.read_text()) == []
    assert page.read_text().startswith("<!doctype html>")
    found = Result.from_json(target.read_text())
    has_postgresql = find_programs() is not None
    assert differences(found, documented, has_postgresql=has_postgresql) == []


def test_documented_file_has_the_shape_that_is_documented() -> None:
    """It is read by whoever wants more than the tables."""
    assert faults(DOCUMENTED.read_text(encoding="utf-8")) == []


def test_documented_file_was_measured_on_postgresql_in_every_mode(
    documented: Result,
) -> None:
    """What wasn't measured there could not be held against anything."""
    names = {mode.name for mode in MODES}

    assert {mode.name for mode in documented.modes} == names
    assert "PostgreSQL" in documented.machine.versions
    for one in documented.rows:
        assert set(one.cells) == names, one.id
        for cell in one.cells.values():
            assert cell.is_measured, one.id


class TestDifferences:
    def test_equal_results_have_none(self) -> None:
        """The test above must be able to pass."""
        one = result(counted("sql", {"session": "1"}))

        assert differences(one, one, has_postgresql=True) == []

    @pytest.mark.parametrize("kind", [Kind.COUNTED, Kind.OBSERVED])
    def test_other_text_is_named_with_row_mode_and_both_values(
        self, kind: Kind
    ) -> None:
        """Whoever changed something must see at once what it was."""
        found = result(counted("sql", {"session": "2"}, kind=kind))
        documented = result(counted("sql", {"session": "1"}, kind=kind))

        [difference] = differences(found, documented, has_postgresql=True)

        assert difference.startswith("sql, session: documented Cell(text='1'")
        assert "found Cell(text='2'" in difference

    def test_other_value_under_the_same_text_differs(self) -> None:
        """Charts are drawn from the values."""
        documented = counted("sql", {"session": "1"})
        found = replace(documented, cells={"session": Cell(text="1", value=2.0)})

        assert differences(result(found), result(documented), has_postgresql=True)

    @pytest.mark.parametrize(
        ("found", "documented", "told"),
        [
            ({}, {"session": "1"}, "documented Cell"),
            ({"session": "1"}, {}, "documented None"),
        ],
    )
    def test_mode_that_only_one_of_them_has_differs(
        self, found: dict[str, str], documented: dict[str, str], told: str
    ) -> None:
        """A mode that is left out is not compared by anybody."""
        [difference] = differences(
            result(counted("sql", found)),
            result(counted("sql", documented)),
            has_postgresql=True,
        )

        assert told in difference

    def test_row_that_only_one_of_them_has_is_named(self) -> None:
        """A row that isn't documented is held against nothing."""
        sql, redis = counted("sql", {}), counted("redis", {})

        assert differences(result(sql), result(redis), has_postgresql=True) == [
            "redis: documented, not found",
            "sql: found, not documented",
        ]

    def test_rows_of_scale_are_made_on_request(self) -> None:
        """The documented file has them, a quick run hasn't."""
        documented = result(counted("share_at_10000", {}, group="scale"))

        assert differences(result(rows=()), documented, has_postgresql=True) == []

    def test_timed_texts_may_differ_but_not_the_kind(self) -> None:
        """A counted row that became a timed one would never be compared again."""
        timed = counted("p50", {"session": "1"}, kind=Kind.TIMED)
        slower = counted("p50", {"session": "2"}, kind=Kind.TIMED)

        assert differences(result(timed), result(slower), has_postgresql=True) == []
        assert differences(
            result(timed), result(counted("p50", {"session": "1"})), has_postgresql=True
        ) == ["p50: documented as counted, found as timed"]

    @pytest.mark.parametrize(
        ("text", "has_postgresql", "excused"),
        [
            ("not measured: SQLite can't be stopped", False, True),
            ("not measured: SQLite can't be stopped", True, False),
            ("refused", False, False),
        ],
    )
    def test_missing_postgresql_excuses_what_was_not_measured(
        self,
        text: str,
        has_postgresql: bool,  # noqa: FBT001 - a parameter of the test
        excused: bool,  # noqa: FBT001
    ) -> None:
        """There, and there only."""
        found = result(counted("database_stops", {"session": text}))
        documented = result(counted("database_stops", {"session": "accepted"}))

        named = differences(found, documented, has_postgresql=has_postgresql)

        assert (named == []) is excused
