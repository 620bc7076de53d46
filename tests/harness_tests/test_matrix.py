"""The matrix: which Python a leg gets, and what its absence means."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.harness import matrix
from tests.harness.matrix import FULL, Leg, Result, find_interpreter

CURRENT = "{}.{}".format(*sys.version_info[:2])


@pytest.fixture
def _empty_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with no Python but those that a test puts there."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setattr(matrix, "_uv", lambda: "/bin/false")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("MATRIX_FULL", raising=False)


@pytest.mark.usefixtures("_empty_machine")
class TestInterpreter:
    def test_shim_that_fails_is_passed_over(self, tmp_path: Path) -> None:
        """Pyenv puts one on PATH for every version, chosen or not."""
        _program(tmp_path / "path/python9.9", "exit 127")
        real = _program(tmp_path / "pyenv/versions/9.9.1/bin/python9.9", "echo 9.9")

        assert find_interpreter("9.9") == str(real)

    def test_program_on_path_comes_first(self, tmp_path: Path) -> None:
        """It is what the user chose."""
        chosen = _program(tmp_path / "path/python9.9", "echo 9.9")
        _program(tmp_path / "pyenv/versions/9.9.1/bin/python9.9", "echo 9.9")

        assert find_interpreter("9.9") == str(chosen)

    def test_other_version_under_the_name_is_passed_over(self, tmp_path: Path) -> None:
        """A leg that tests another Python would be green for nothing."""
        _program(tmp_path / "path/python9.9", "echo 9.8")

        assert find_interpreter("9.9") is None

    def test_uv_knows_further_places(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Such as those where it once installed one itself."""
        python = _program(tmp_path / "elsewhere/python", "echo 9.9")
        uv = _program(tmp_path / "uv", f"echo {python}")
        monkeypatch.setattr(matrix, "_uv", lambda: str(uv))

        assert find_interpreter("9.9") == str(python)


@pytest.mark.usefixtures("_empty_machine")
class TestLeg:
    @pytest.mark.parametrize(
        ("is_ci", "result"), [("", Result.SKIPPED), ("true", Result.MISSING)]
    )
    def test_missing_interpreter_fails_in_ci_only(
        self, monkeypatch: pytest.MonkeyPatch, is_ci: str, result: Result
    ) -> None:
        """A supported version must not go untested unnoticed."""
        monkeypatch.setenv("CI", is_ci)

        assert matrix.run_leg(Leg(python="9.9", django="5.2")) is result

    def test_pair_of_make_test_is_not_run_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It takes as long as all the others together."""
        monkeypatch.setattr(matrix, "version", lambda name: "5.2.19")
        leg = Leg(python=CURRENT, django="5.2", calls=FULL)
        by_default = matrix.is_covered(leg)
        monkeypatch.setenv("MATRIX_FULL", "1")

        assert (by_default, matrix.is_covered(leg)) == (True, False)

    @pytest.mark.parametrize(
        "leg",
        [
            Leg(python=CURRENT, django="5.1", calls=FULL),
            Leg(python="9.9", django="5.2", calls=FULL),
        ],
    )
    def test_other_pair_is_not_covered(
        self, monkeypatch: pytest.MonkeyPatch, leg: Leg
    ) -> None:
        """On a machine whose python3 is newer, the oldest pair still needs a run."""
        monkeypatch.setattr(matrix, "version", lambda name: "5.2.19")

        assert not matrix.is_covered(leg)

    @pytest.mark.parametrize(
        ("failing", "result", "commands"),
        [
            ("none", Result.PASSED, 4),
            ("pytest", Result.FAILED, 3),
            ("pip", Result.FAILED, 2),
        ],
    )
    def test_first_failing_command_ends_the_leg(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        failing: str,
        result: Result,
        commands: int,
    ) -> None:
        """Tests on a half installed environment would mislead."""
        _program(tmp_path / "path/python9.9", "echo 9.9")
        done: list[Sequence[str]] = []

        def succeeds(command: Sequence[str], environment: Mapping[str, str]) -> bool:
            done.append(command)
            return failing not in command

        monkeypatch.setattr(matrix, "_succeeds", succeeds)

        assert matrix.run_leg(Leg(python="9.9", django="5.2")) is result
        assert len(done) == commands
        assert "django~=5.2.0" in done[1]

    def test_environment_of_the_caller_does_not_leak(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Above all no settings module and no server of another run."""
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "elsewhere")
        monkeypatch.setenv("CI", "true")
        monkeypatch.setenv("PATH", os.defpath)
        show = _program(tmp_path / "show", f"env > {tmp_path}/seen")

        matrix._succeeds([str(show)], {"TEST_DATABASE": "sqlite"})

        seen = (tmp_path / "seen").read_text().splitlines()
        assert {"CI=true", "TEST_DATABASE=sqlite"} <= set(seen)
        assert not [line for line in seen if line.startswith(("DJANGO_", "TEST_REDIS"))]


class TestSummary:
    @pytest.mark.parametrize(
        ("results", "status"),
        [
            ([Result.COVERED, Result.PASSED, Result.SKIPPED], 0),
            ([Result.COVERED, Result.FAILED, Result.PASSED], 1),
            ([Result.MISSING, Result.PASSED, Result.PASSED], 1),
        ],
    )
    def test_one_failure_fails_the_matrix(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        results: list[Result],
        status: int,
    ) -> None:
        """And the summary at the end names every leg."""
        answers = iter(results)
        monkeypatch.setattr(matrix, "run_leg", lambda leg: next(answers))

        assert matrix.main() == status
        assert len(capsys.readouterr().out.strip().splitlines()) == 1 + len(results)


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
