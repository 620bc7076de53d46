"""The rows of the comparison: what is printed is what was measured."""

import json
from pathlib import Path

import pytest

from demo_project.attacks.stage import Step
from demo_project.compare import report
from demo_project.compare.report import as_json, as_table, build_rows, write_whole
from demo_project.compare.runner import Measured
from demo_project.compare.scenario import Cost, Round


@pytest.fixture
def measured() -> dict[str, Measured]:
    steps = (Step(who="thief", what="call", status=401),)
    return {
        "jwt": Measured(
            first_call=Cost(sql=1, redis=4),
            later_call=Cost(sql=0, redis=1),
            rounds=[Round(public=1000, me=me) for me in (400, 500, 900)],
            revocations=[0.001, 0.002, 0.012],
            attacks={"used late": steps},
        ),
        "session": Measured(
            first_call=Cost(sql=1, redis=2),
            later_call=Cost(sql=0, redis=1),
            rounds=[Round(public=1000, me=600)],
            revocations=[0.003],
        ),
    }


class TestTable:
    def test_speed_is_median_and_spread_of_the_share(
        self, measured: dict[str, Measured]
    ) -> None:
        """A mean would let one disturbed round speak for all."""
        table = as_table(build_rows(measured), list(measured))

        assert "jwt      50% of api/public/ (40% to 90%); 500/s of 1000/s" in table

    def test_revocation_is_shown_in_milliseconds(
        self, measured: dict[str, Measured]
    ) -> None:
        """Seconds are measured, and would all read 0.0."""
        table = as_table(build_rows(measured), list(measured))

        assert "jwt      2.0 (1.0 to 12.0)" in table

    def test_theft_of_one_scheme_leaves_the_other_blank(
        self, measured: dict[str, Measured]
    ) -> None:
        """A session has no refresh token that could be stolen."""
        row = build_rows(measured)[-1]

        assert row.cells == {"jwt": "thief: call 401", "session": "-"}

    def test_every_row_says_how_it_was_measured(
        self, measured: dict[str, Measured]
    ) -> None:
        """A number without that can't be checked by anybody."""
        rows = build_rows(measured)

        assert all(row.how for row in rows)
        assert all(f"({row.how})" in as_table([row], list(measured)) for row in rows)


class TestJson:
    def test_json_holds_the_rows_and_the_machine(
        self, measured: dict[str, Measured]
    ) -> None:
        """Figures without their machine mean nothing elsewhere."""
        content = json.loads(as_json(build_rows(measured)))

        assert content["rows"][0]["values"]["jwt"]["share"] == 0.5
        assert "processors" in content["machine"]


class TestWriteWhole:
    def test_content_replaces_the_old_file(self, tmp_path: Path) -> None:
        """The latest run is the one that counts."""
        target = tmp_path / "rows.json"
        target.write_text("old")

        write_whole(target, "new")

        assert target.read_text() == "new"
        assert list(tmp_path.iterdir()) == [target]

    def test_interrupted_writing_keeps_the_old_file_and_no_draft(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ctrl-C may come at any line."""
        target = tmp_path / "rows.json"
        target.write_text("old")
        monkeypatch.setattr(report.Path, "chmod", _interrupted)

        with pytest.raises(KeyboardInterrupt):
            write_whole(target, "new")

        assert target.read_text() == "old"
        assert list(tmp_path.iterdir()) == [target]


def _interrupted(*_args: object) -> None:
    raise KeyboardInterrupt
