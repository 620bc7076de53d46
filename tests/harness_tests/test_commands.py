"""What ``make`` and ``.ci/run`` do before the tests: everything these need is there."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.harness.programs import require_program

ROOT = Path(__file__).parents[2]


class TestMake:
    @pytest.mark.parametrize(
        ("target", "tests"),
        [("test", "-m pytest"), ("matrix", "-m tests.harness.matrix")],
    )
    def test_jose_is_fetched_before_tests_begin(self, target: str, tests: str) -> None:
        """A fresh machine runs them all at the first call."""
        make = require_program("make", "install your system's make package")

        commands = subprocess.run(  # noqa: S603 # shows what it would run
            [make, "--dry-run", target],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

        before, found, _ = commands.partition(tests)
        assert found
        assert "-m tests.harness.jose" in before


class TestSystemPackages:
    @pytest.mark.parametrize(
        ("present", "missing"),
        [
            ([], {"nodejs", "npm"}),
            (["node"], {"npm"}),
            (["npm"], {"nodejs"}),
            (["node", "npm"], set()),
        ],
    )
    def test_missing_programs_of_node_are_named(
        self, tmp_path: Path, present: list[str], missing: set[str]
    ) -> None:
        """NodeSource's package brings both, Debian's two bring one each."""
        said = _run_ci(tmp_path, present)

        (line,) = [line for line in said.splitlines() if "System packages" in line]
        assert set(line.split()) & {"nodejs", "npm"} == missing

    @pytest.mark.parametrize(
        ("present", "missing"), [([], {"nginx"}), (["nginx"], set())]
    )
    def test_nginx_is_named_where_it_is_missing(
        self, tmp_path: Path, present: list[str], missing: set[str]
    ) -> None:
        """The recipe for a gateway would fail there for want of it."""
        said = _run_ci(tmp_path, present)

        (line,) = [line for line in said.splitlines() if "System packages" in line]
        assert set(line.split()) & {"nginx"} == missing

    def test_targets_run_in_their_order(self, tmp_path: Path) -> None:
        """With CI=true, under which what is missing is a failure."""
        said = _run_ci(tmp_path, [])

        assert [line for line in said.splitlines() if line.startswith("ran")] == [
            f"ran {target} with CI=true" for target in ("lint", "test", "matrix")
        ]


def _run_ci(directory: Path, present: list[str]) -> str:
    """Run a copy of the script where nothing is installed and nobody may install."""
    bash = require_program("bash", "apt-get install bash")
    path = directory / "path"
    path.mkdir()
    (path / "dirname").symlink_to(str(shutil.which("dirname")))
    scripts = dict.fromkeys(present, "") | {
        "make": 'echo "ran $1 with CI=$CI"',
        "id": "echo 1000",
    }
    for name, script in scripts.items():
        (path / name).write_text(f"#!/bin/sh\n{script}\n")
        (path / name).chmod(0o755)
    copy = directory / ".ci/run"
    copy.parent.mkdir()
    shutil.copy(ROOT / ".ci/run", copy)
    return subprocess.run(  # noqa: S603 # our own script
        [bash, str(copy)],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
