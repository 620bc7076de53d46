"""``python -m benchmarks``: options, progress, a clean end, one file."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import programs
from benchmarks.commandline import main
from benchmarks.programs import NEED_POSTGRESQL, PROGRAMS, chosen, peers_are_missing
from benchmarks.result import Result
from demo_project.embedded_valkey import binary
from tests.demo_project.demo_process import DemoProcess

NEEDS_NO_PEERS = "access_token"
# Ten seconds where nothing else runs; what takes longer than this hangs.
MEASURING_SECONDS = 600
_mkdtemp = tempfile.mkdtemp


class TestPrograms:
    def test_all_run_unless_some_are_named(self) -> None:
        """``make bench`` is everything, a million logins included."""
        assert chosen([], []) == list(PROGRAMS)
        assert "scale" in chosen([], [])
        assert chosen(["refresh"], []) == ["refresh"]

    def test_one_can_be_left_out(self) -> None:
        """A million logins take minutes, memory and disk."""
        assert "scale" not in chosen([], ["scale"])
        assert len(chosen([], ["scale"])) == len(PROGRAMS) - 1

    def test_each_program_is_there(self) -> None:
        """A name without a module would end a run in its middle."""
        directory = Path(programs.__file__).parent

        for name in PROGRAMS:
            package = directory / name / "__init__.py"
            assert (directory / f"{name}.py").exists() or package.exists()
        assert set(PROGRAMS) > NEED_POSTGRESQL

    def test_missing_peers_are_noticed_where_they_are_needed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A run against nobody would fail in its middle."""
        monkeypatch.setattr(programs, "_PEERS", ("no_such_package",))

        assert peers_are_missing(["refresh"])
        assert not peers_are_missing([NEEDS_NO_PEERS])

    def test_run_without_peers_says_how_to_get_them(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """``make bench`` installs them."""
        monkeypatch.setattr(programs, "_PEERS", ("no_such_package",))

        assert main(["refresh"]) == 1
        assert "use `make bench`" in capsys.readouterr().err


class TestOptions:
    @pytest.mark.parametrize(
        "arguments", [["no-such"], ["--without", "no-such"], ["refresh", "no-such"]]
    )
    def test_unknown_program_is_named(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Before anything is started."""
        with pytest.raises(SystemExit, match="2"):
            main(arguments)

        assert "there is no program no-such" in capsys.readouterr().err

    def test_bad_target_is_refused_before_measuring(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Minutes would be lost."""
        with pytest.raises(SystemExit, match="2"):
            main(["--json", str(tmp_path / "missing" / "f.json")])

        assert "is no directory that exists" in capsys.readouterr().err

    def test_server_that_does_not_start_is_one_line(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A traceback would hide what is missing."""
        monkeypatch.setenv("PATH", "/nonexistent")
        monkeypatch.setattr(binary, "find_spec", lambda _name: None)

        assert main([NEEDS_NO_PEERS]) == 1
        assert "No valkey-server or redis-server" in capsys.readouterr().err


@pytest.mark.slow
class TestRun:
    @pytest.fixture
    def target(self, tmp_path: Path) -> Path:
        return tmp_path / "result.json"

    @pytest.fixture
    def bench(
        self, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[DemoProcess]:
        """A run of the one program that needs no peers."""
        monkeypatch.setattr(tempfile, "mkdtemp", _open_to_postgres)
        program = f"benchmarks {NEEDS_NO_PEERS} --json {target}"
        process = DemoProcess(tmp_path / "unused", program=program)
        yield process
        process.clean_up()

    def test_result_is_printed_and_written(
        self, bench: DemoProcess, target: Path
    ) -> None:
        """Both name the servers that it was taken on."""
        assert bench.process.wait(MEASURING_SECONDS) == 0, bench.output

        result = Result.from_json(target.read_text())
        assert result.rows[0].id == "access-first.es256"
        assert {"Python", "Django", "PyJWT", "redis-py"} < result.machine.keys()
        assert result.machine.keys() & {"Valkey", "Redis"}
        assert result.machine.keys() & {"PostgreSQL", "SQLite"}
        assert result.as_table() in bench.output
        assert bench.leftovers() == []

    @pytest.mark.parametrize("moment", ["starting servers", "access token, first"])
    def test_ctrl_c_leaves_no_process_and_no_file(
        self, bench: DemoProcess, target: Path, moment: str
    ) -> None:
        """Half a result would pass for a measurement."""
        bench.wait_for(moment)

        assert bench.press_ctrl_c() == 130
        assert bench.leftovers() == []
        assert "Traceback" not in bench.output
        assert "nothing was written" in bench.output
        assert not list(target.parent.iterdir())


def _open_to_postgres(*, prefix: str) -> str:
    """Make a directory that PostgreSQL's own account can pass, where we are root."""
    path = _mkdtemp(prefix=prefix)
    Path(path).chmod(0o711)
    return path
