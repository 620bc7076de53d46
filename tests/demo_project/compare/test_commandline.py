"""`make compare`: what may be asked for, and that it ends clean whatever happens."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo_project.compare.commandline import Options
from demo_project.compare.plan import FULL, QUICK, SCALE
from demo_project.compare.result import GROUPS, Result
from demo_project.environment import CHECKOUT
from tests.demo_project.conftest import StartDemo
from tests.demo_project.demo_process import clean_environment

of_processes = [pytest.mark.serial, pytest.mark.slow]

LONGEST_SECONDS = 600
PROGRAM = "demo_project.compare"
WHILE_STARTING = "starting the demo in 6 modes"
WHILE_MEASURING = "revoke_one, 2 of"


def _run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        env={**clean_environment(), **variables},
        timeout=300,
        check=False,
    )


class TestOptions:
    def test_nothing_asked_is_all_but_the_rows_that_take_long(self) -> None:
        """A million logins are stored for those who ask for it."""
        options = Options()

        assert options.plan == FULL
        assert options.groups == [group for group in GROUPS if group != "scale"]

    def test_quick_measures_less(self) -> None:
        """The counts are the same, so a change is tried out with it."""
        assert Options(quick=True).plan == QUICK

    def test_scale_adds_its_rows(self) -> None:
        """It says how many logins are stored."""
        options = Options(scale=True)

        assert options.plan.scale == SCALE
        assert options.groups == list(GROUPS)

    def test_only_one_group_is_made_where_it_is_named(self) -> None:
        """The stopwatch page waits for one group, not for all."""
        options = Options(only="revocation", scale=True)

        assert options.groups == ("revocation",)
        assert not options.plan.scale

    def test_scale_alone_needs_no_second_option(self) -> None:
        """Who names the group has asked for it."""
        options = Options(only="scale")

        assert options.groups == ("scale",)
        assert options.plan.scale == SCALE


@pytest.mark.slow
class TestRefusals:
    def test_manage_py_offers_the_same_command(self) -> None:
        """Whoever knows Django looks there first."""
        ran = _run("manage.py", "compare", "--help")

        for option in ("--json", "--html", "--quick", "--scale", "--only"):
            assert option in ran.stdout

    @pytest.mark.parametrize("option", ["--json", "--html"])
    def test_target_that_can_not_be_written_is_refused_before_measuring(
        self, option: str, tmp_path: Path
    ) -> None:
        """Minutes of measuring would be lost."""
        target = tmp_path / "missing" / "rows"

        ran = _run("-m", PROGRAM, option, str(target))

        assert ran.returncode == 2
        assert ran.stderr.startswith(f"The comparison can't start. {target}: ")
        assert len(ran.stderr.splitlines()) == 1

    def test_one_file_for_both_is_refused(self, tmp_path: Path) -> None:
        """The second would silently replace the first."""
        target = tmp_path / "rows"

        ran = _run("-m", PROGRAM, "--json", str(target), "--html", f"{target}")

        assert ran.returncode == 2
        assert f"{target} is named by --json and --html" in ran.stderr

    def test_unknown_group_is_refused_with_those_there_are(self) -> None:
        """Nobody knows them by heart."""
        ran = _run("-m", PROGRAM, "--only", "speeed")

        assert ran.returncode == 2
        assert "'revocation'" in ran.stderr


class TestBrokenMachine:
    pytestmark = of_processes

    def test_server_that_fails_is_told_in_its_own_words(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """It may be a full disk; nobody should have to look for a log."""
        broken = tmp_path / "bin"
        broken.mkdir()
        valkey = broken / "valkey-server"
        valkey.write_text(
            '#!/bin/sh\n[ "$1" = --version ] && echo v=8.0.0 && exit\n'
            "echo no room on the disk; exit 1\n"
        )
        valkey.chmod(0o755)
        path = f"{broken}:{clean_environment()['PATH']}"

        compare = start_demo(
            tmp_path / "unused", program=f"{PROGRAM} --quick", PATH=path
        )

        assert compare.wait() == 1
        assert "The comparison failed. The server did not start: no room" in (
            compare.output
        )
        assert "Traceback" not in compare.output
        assert compare.leftovers() == []

    def test_missing_valkey_is_told_with_a_cure(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """REDIS_URL, the demo's way out, is none here."""
        program = "tests.demo_project.compare.without_valkey"
        compare = start_demo(tmp_path / "unused", program=program)

        assert compare.wait() == 1
        assert "REDIS_URL doesn't help" in compare.output
        assert "Traceback" not in compare.output
        assert compare.leftovers() == []


class TestEnding:
    pytestmark = of_processes

    @pytest.mark.parametrize(
        "moment", ["starting the database", WHILE_STARTING, WHILE_MEASURING]
    )
    def test_ctrl_c_leaves_no_process_and_no_file(
        self, moment: str, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """A half-written report would pass for a measurement."""
        target = tmp_path / "rows.json"
        program = f"{PROGRAM} --quick --only revocation --json {target}"
        compare = start_demo(tmp_path / "unused", program=program)
        compare.wait_for(moment)

        assert compare.press_ctrl_c() == 130
        assert compare.leftovers() == []
        assert "Traceback" not in compare.output
        assert compare.output.endswith("Stopped; nothing was written.\n")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_other_signals_end_it_as_ctrl_c_does(
        self, number: signal.Signals, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """A service manager sends the one, a closed terminal the other."""
        compare = start_demo(tmp_path / "unused", program=f"{PROGRAM} --quick")
        compare.wait_for(WHILE_STARTING)

        compare.process.send_signal(number)

        assert compare.wait() == 130
        assert compare.leftovers() == []
        assert "Traceback" not in compare.output

    @pytest.mark.parametrize(
        "moment", ["starting the database", WHILE_STARTING, WHILE_MEASURING]
    )
    def test_sigkill_ends_everything_too(
        self, moment: str, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """Servers on unknown ports would be left behind."""
        program = f"{PROGRAM} --quick --only revocation"
        compare = start_demo(tmp_path / "unused", program=program)
        compare.wait_for(moment)

        compare.process.kill()
        compare.wait()

        assert compare.leftovers() == []


@pytest.mark.serial
@pytest.mark.slow
def test_only_group_makes_its_rows_and_writes_the_file(
    tmp_path: Path, start_demo: StartDemo
) -> None:
    """The stopwatch page shows what is in the file."""
    target = tmp_path / "rows.json"
    program = f"{PROGRAM} --quick --only revocation --json {target}"

    compare = start_demo(tmp_path / "unused", program=program)

    # All servers start for it: as long as a busy machine needs.
    assert compare.process.wait(LONGEST_SECONDS) == 0, compare.output
    assert compare.leftovers() == []
    rows = Result.from_json(target.read_text()).rows
    assert [row.id for row in rows] == ["revoke_one", "revoke_all"]
    assert rows[0].cells["jwt_refresh_only"].text == (
        "still accepted after 2 s; ends with the access token, 905 s after it was "
        "issued at the latest"
    )
    assert rows[0].cells["jwt_refresh_only"].value is None
    assert rows[1].cells["session"].value is not None
