"""`make compare`: its counted rows are exact, its files whole, its end clean."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from demo_project.environment import CHECKOUT
from tests.demo_project.conftest import StartDemo
from tests.demo_project.demo_process import clean_environment

pytestmark = pytest.mark.slow


def _run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env=clean_environment(),
        timeout=300,
        check=False,
    )


def test_quick_run_counts_exactly_what_is_documented(tmp_path: Path) -> None:
    """Timings vary; a statement or a round trip more is a change of the design."""
    target = tmp_path / "rows.json"

    ran = _run("-m", "demo_project.compare", "--quick", "--json", str(target))

    assert ran.returncode == 0, ran.stderr
    rows = {row["title"]: row for row in json.loads(target.read_text())["rows"]}
    assert _counts(rows["SQL statements per request"], "later") == (0, 0)
    assert _counts(rows["Redis round trips per request"], "later") == (1, 1)
    # The user's row is checked with the first request of a session.
    assert _counts(rows["SQL statements per request"], "first")[1] == 1
    assert _counts(rows["Redis round trips per request"], "first")[1] == 2
    stolen = {t: r["cells"] for t, r in rows.items() if t.startswith("Stolen")}
    assert stolen == {
        "Stolen credential of jwt, used two refreshes after its owner": {
            "jwt": "thief: refresh 401, owner: refresh 401, owner: call 401, "
            "thief: call 401",
            "session": "-",
        },
        "Stolen credential of jwt, used one refresh after its owner": {
            "jwt": "thief: refresh 200, thief: call 200, owner: refresh 401, "
            "thief: refresh 401, thief: call 401, owner: call 401",
            "session": "-",
        },
        "Stolen credential of session, used after its owner": {
            "jwt": "-",
            "session": "thief: call 200, owner: call 200, owner: log out 204, "
            "thief: call 401",
        },
    }


def _counts(row: Mapping[str, Any], when: str) -> tuple[int, int]:
    values = row["values"]
    return values["jwt"][when], values["session"][when]


def test_manage_py_offers_the_same_command() -> None:
    """Whoever knows Django looks there first."""
    ran = _run("manage.py", "compare", "--help")

    assert "--quick" in ran.stdout
    assert "--json" in ran.stdout


def test_target_that_can_not_be_written_is_refused_before_measuring(
    tmp_path: Path,
) -> None:
    """Two minutes of measuring would be lost."""
    target = tmp_path / "missing" / "rows.json"

    ran = _run("-m", "demo_project.compare", "--json", str(target))

    assert ran.returncode == 1
    assert f"--json {target}: name a file in a directory that exists" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("moment", ["starting the demo with jwt", "round 2 of"])
def test_ctrl_c_leaves_no_process_and_no_file(
    moment: str, tmp_path: Path, start_demo: StartDemo
) -> None:
    """A half-written report would pass for a measurement."""
    target = tmp_path / "rows.json"
    program = f"demo_project.compare --json {target}"
    compare = start_demo(tmp_path / "unused", program=program)
    compare.wait_for(moment)

    assert compare.press_ctrl_c() == 130
    assert compare.leftovers() == []
    assert "Traceback" not in compare.output
    assert list(tmp_path.iterdir()) == []


def test_sigkill_ends_the_servers_too(tmp_path: Path, start_demo: StartDemo) -> None:
    """Servers on unknown ports would be left behind."""
    compare = start_demo(tmp_path / "unused", program="demo_project.compare")
    compare.wait_for("round 2 of")

    compare.process.kill()
    compare.wait()

    assert compare.leftovers() == []
