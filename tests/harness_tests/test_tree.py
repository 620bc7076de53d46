"""The rules of the tree."""

import subprocess
from pathlib import Path

import pytest

from tests.harness.tree import NAMELESS, PACKAGES, find_faults, main

ROOT = Path(__file__).parents[2]
LONG_FUNCTION = "def long():\n" + "    x = 1\n" * 30
FUNCTION_WITH_MANY_REASONS = (
    'def short():\n    """Do it.\n' + "\n    Because.\n" * 20 + '    """\n'
) + "    # A reason.\n\n    x = 1\n" * 29


class TestTree:
    def test_this_tree_keeps_the_rules(self) -> None:
        """The same as in `make lint`, so that `make test` tells it too."""
        assert not list(find_faults(ROOT))

    @pytest.mark.parametrize("package", PACKAGES)
    @pytest.mark.parametrize("name", sorted(NAMELESS))
    def test_name_without_meaning_is_found(
        self, tmp_path: Path, package: str, name: str
    ) -> None:
        """A newcomer should guess a file's content from its name."""
        _write(tmp_path / package / "deep" / name, "")

        [fault] = _faults(tmp_path)

        assert fault.startswith(f"{package}/deep/{name}: the name says nothing")

    def test_long_module_is_found(self, tmp_path: Path) -> None:
        """Four hundred lines are two concepts."""
        _write(tmp_path / "jwtauth/a.py", "x = 1\n" * 400)
        _write(tmp_path / "jwtauth/b.py", "x = 1\n" * 401)

        assert _faults(tmp_path) == ["jwtauth/b.py: 401 lines; 400 is the end"]

    @pytest.mark.parametrize("keyword", ["", "async "])
    def test_long_function_is_found(self, tmp_path: Path, keyword: str) -> None:
        """Methods and nested functions count as well."""
        lines = (keyword + LONG_FUNCTION).splitlines()
        _write(
            tmp_path / "jwtauth/a.py",
            "class A:\n" + "\n".join(f"    {line}" for line in lines),
        )

        assert _faults(tmp_path) == [
            "jwtauth/a.py:2: long() has 31 lines of code; 30 is the end"
        ]

    def test_reasons_are_free(self, tmp_path: Path) -> None:
        """A limit on comments would cost the reasons first."""
        _write(tmp_path / "jwtauth/a.py", FUNCTION_WITH_MANY_REASONS)

        assert not _faults(tmp_path)

    def test_migrations_may_be_long(self, tmp_path: Path) -> None:
        """Django writes them."""
        _write(tmp_path / "jwtauth/migrations/0001_initial.py", LONG_FUNCTION * 20)

        assert not _faults(tmp_path)

    @pytest.mark.parametrize(
        "name",
        [
            *("uv.lock", "a/package-lock.json", "node_modules/a/b.js"),
            *("db.sqlite3", "k.pem", ".env", ".demo/x"),
        ],
    )
    def test_tracked_leftover_is_found(self, tmp_path: Path, name: str) -> None:
        """Secrets, data and addresses stay on the machine they belong to."""
        _write(tmp_path / name, "")
        _git(tmp_path, "init", "--quiet")
        untracked = _faults(tmp_path)
        _git(tmp_path, "add", "--force", name)

        assert untracked == []
        assert _faults(tmp_path) == [
            f"{name}: must not be tracked; run `git rm --cached` on it"
        ]

    @pytest.mark.requirement("OPS-06")
    @pytest.mark.parametrize(
        "text",
        [
            # Put together here, so that this file holds none itself.
            "-----BEGIN " + "PRIVATE KEY-----\n" + "M" * 64,
            "-----BEGIN EC " + "PRIVATE KEY-----\n" + "M" * 64,
            '{"d": "' + "x" * 43 + '"}',
            '{"k":"' + "x" * 43 + '"}',
            "aws = AKIA" + "ABCDEFGHIJKLMNOP",
            "token = eyJ" + "a" * 30 + ".eyJ" + "b" * 30 + "." + "c" * 86,
        ],
    )
    def test_tracked_secret_is_found_by_its_look(
        self, tmp_path: Path, text: str
    ) -> None:
        """What is in the history once is public for good."""
        _write(tmp_path / "notes.md", text)
        _git(tmp_path, "init", "--quiet")
        _git(tmp_path, "add", "notes.md")

        [fault] = _faults(tmp_path)

        assert fault.startswith("notes.md: holds what looks like a secret")

    @pytest.mark.requirement("OPS-06")
    def test_this_checkout_holds_no_secret(self) -> None:
        """The rule is for ourselves first."""
        faults = _faults(Path(__file__).parents[2])

        assert [fault for fault in faults if "secret" in fault] == []

    @pytest.mark.parametrize(
        "line",
        [
            "a @ https://example.org/a.whl",
            "--index-url https://x",
            "/home/me/a",
            "-e .",
        ],
    )
    def test_constraint_of_one_machine_is_found(
        self, tmp_path: Path, line: str
    ) -> None:
        """Every machine installs the same, from its own index."""
        _write(tmp_path / "constraints.txt", f"asgiref==3.9\n{line}\n")

        [fault] = _faults(tmp_path)

        assert fault.startswith("constraints.txt:2: ")

    def test_faults_are_printed_and_fail(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """One line each, and `make lint` stops."""
        clean = main(tmp_path)
        _write(tmp_path / "jwtauth/utils.py", "")
        _write(tmp_path / "jwtauth/misc.py", "")

        assert (clean, main(tmp_path)) == (0, 1)
        assert len(capsys.readouterr().out.splitlines()) == 2


def _faults(root: Path) -> list[str]:
    return list(find_faults(root))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=directory, check=True)  # noqa: S603, S607
