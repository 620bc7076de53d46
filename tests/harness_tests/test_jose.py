"""npm's jose: installed where it can be had, and one line where it can't."""

import json
import shutil
from pathlib import Path

import pytest

from tests.harness import jose

# What npm leaves when it comes to its end.
RECORD = json.dumps({"packages": {"node_modules/jose": {"version": jose.VERSION}}})
INSTALLS = f"""
echo "$@" > "$0.arguments"
for argument in "$@"; do
  case "$argument" in --prefix=*) directory="${{argument#--prefix=}}";; esac
done
mkdir -p "$directory/node_modules"
echo '{RECORD}' > "$directory/node_modules/.package-lock.json"
"""
UNREACHABLE = "echo 'npm error code ENOTFOUND' >&2; echo 'npm error x' >&2; exit 1"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory with programs: no Node is there, and no npm."""
    path = tmp_path / "path"
    path.mkdir()
    for name in ("mkdir", "sleep"):
        (path / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.delenv("CI", raising=False)
    return path


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where jose belongs in this test."""
    directory = tmp_path / "build/node"
    monkeypatch.setattr(jose, "DIRECTORY", directory)
    return directory


class TestNode:
    @pytest.mark.parametrize(
        ("script", "is_found"),
        [
            ("echo v18.20.4", True),
            ("echo v24.0.0", True),
            ("echo v16.20.2", False),
            ("echo v8.0.0", False),
            ("exit 127", False),
        ],
    )
    def test_node_counts_if_it_runs_and_is_new_enough(
        self, path: Path, script: str, *, is_found: bool
    ) -> None:
        """An old one lacks the algorithms, a version manager's shim may only fail."""
        node = _program(path / "node", script)

        assert jose.find_node() == (str(node) if is_found else None)


class TestInstallation:
    def test_jose_is_installed_once(self, path: Path, directory: Path) -> None:
        """In its one version, without running anything of it or keeping a lock file."""
        _program(path / "node", "echo v20.0.0")
        npm = _program(path / "npm", INSTALLS)

        first = jose.install(directory)
        arguments = (path / "npm.arguments").read_text().split()
        npm.unlink()
        second = jose.install(directory)

        assert (first, second) == (None, None)
        assert f"jose@{jose.VERSION}" in arguments
        assert {"--ignore-scripts", "--no-package-lock", "--no-save"} <= set(arguments)

    @pytest.mark.parametrize(
        "record", [RECORD.replace(jose.VERSION, "6.0.0"), "{}", "{"]
    )
    def test_other_version_is_replaced(
        self, path: Path, directory: Path, record: str
    ) -> None:
        """A checkout that has moved on must not test with what it had."""
        _program(path / "node", "echo v20.0.0")
        _program(path / "npm", INSTALLS)
        (directory / "node_modules").mkdir(parents=True)
        (directory / "node_modules/.package-lock.json").write_text(record)

        assert jose.install(directory) is None
        assert (path / "npm.arguments").exists()
        assert jose.is_installed(directory)

    @pytest.mark.parametrize(
        ("programs", "reason"),
        [
            ({}, "node >= 18 or npm is missing; install your system's nodejs and npm"),
            ({"node": "echo v20.0.0"}, "node >= 18 or npm is missing"),
            ({"npm": INSTALLS}, "node >= 18 or npm is missing"),
            (
                {"node": "echo v20.0.0", "npm": UNREACHABLE},
                "npm failed (ENOTFOUND); `make test` installs it where npm can reach",
            ),
            ({"node": "echo v20.0.0", "npm": "exit 3"}, "npm failed (no code)"),
            ({"node": "echo v20.0.0", "npm": "exit 0"}, "npm failed (no code)"),
            ({"node": "echo v20.0.0", "npm": "exec sleep 60"}, "(TimeoutExpired)"),
        ],
    )
    def test_jose_that_cannot_be_had_is_one_line_and_no_failure(
        self,
        path: Path,
        directory: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        programs: dict[str, str],
        reason: str,
    ) -> None:
        """Whoever works without Node, or on a train, runs all other tests."""
        monkeypatch.setattr(jose, "SECONDS", 0.5)
        for name, script in programs.items():
            _program(path / name, script)

        assert jose.main() == 0

        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith(f"No tests with npm's jose {jose.VERSION}: ")
        assert reason in line

    def test_jose_that_is_there_is_not_worth_a_line(
        self, path: Path, directory: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """It is the rule."""
        _program(path / "node", "echo v20.0.0")
        _program(path / "npm", INSTALLS)

        assert jose.main() == 0
        assert capsys.readouterr().out == ""


class TestRequirement:
    @pytest.mark.parametrize("is_node_there", [False, True])
    @pytest.mark.parametrize(
        ("ci", "outcome"),
        [("", pytest.skip.Exception), ("true", pytest.fail.Exception)],
    )
    def test_missing_part_skips_with_a_way_to_get_it_and_fails_in_ci(
        self,
        path: Path,
        directory: Path,
        monkeypatch: pytest.MonkeyPatch,
        ci: str,
        outcome: type[Exception],
        *,
        is_node_there: bool,
    ) -> None:
        """A proof must not get lost because an installation failed."""
        monkeypatch.setenv("CI", ci)
        if is_node_there:
            _program(path / "node", "echo v20.0.0")

        # A skip would pass through pytest.raises() and skip this test.
        with pytest.raises((pytest.skip.Exception, pytest.fail.Exception)) as caught:
            jose.require_jose()

        what = "npm's jose" if is_node_there else "node >= 18 (install your system's"
        assert isinstance(caught.value, outcome)
        assert f"missing program: {what}" in str(caught.value)

    def test_both_parts_are_named(self, path: Path, directory: Path) -> None:
        """What the tests start Node with."""
        node = _program(path / "node", "echo v20.0.0")
        _program(path / "npm", INSTALLS)
        jose.install(directory)

        assert jose.require_jose() == jose.Jose(node=str(node), directory=directory)


def _program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
