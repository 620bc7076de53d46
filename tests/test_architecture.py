"""``make lint`` fails on what the architecture forbids: planted, and found."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.tree import find_faults

CHECKOUT = Path(__file__).parent.parent
PACKAGES = ("jwtauth", "sessionauth", "demo_project")
FILES = ("pyproject.toml", "constraints.txt")

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources to plant things in."""
    no_caches = shutil.ignore_patterns("__pycache__")
    for name in PACKAGES:
        shutil.copytree(CHECKOUT / name, tmp_path / name, ignore=no_caches)
    for name in FILES:
        shutil.copy(CHECKOUT / name, tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)  # noqa: S607 # wherever it is
    return tmp_path


def plant(path: Path, line: str) -> None:
    path.write_text(path.read_text("utf-8") + f"\n{line}\n", "utf-8")


def broken_contracts(copy: Path) -> str:
    program = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(  # noqa: S603 # our own program
        [program, "--no-cache"], cwd=copy, capture_output=True, text=True, check=False
    )
    lines = [line for line in result.stdout.splitlines() if line.endswith("BROKEN")]
    assert (result.returncode != 0) == bool(lines), result.stdout
    return "\n".join(lines)


def test_sources_as_they_are_break_nothing(copy: Path) -> None:
    """Else the tests below would prove nothing."""
    assert broken_contracts(copy) == ""
    assert list(find_faults(copy)) == []


def test_core_that_imports_django_breaks_its_contract(copy: Path) -> None:
    """The core is to be read, tested and ported without a framework."""
    plant(copy / "jwtauth/core/policy.py", "import django")

    assert "The core is pure" in broken_contracts(copy)


@pytest.mark.parametrize(
    ("importer", "imported"),
    [("jwtauth", "sessionauth"), ("sessionauth", "jwtauth")],
)
def test_app_that_imports_the_other_breaks_their_contract(
    copy: Path, importer: str, imported: str
) -> None:
    """Each app installs alone."""
    plant(copy / importer / "models.py", f"import {imported}.conf")

    assert "The two apps do not know each other" in broken_contracts(copy)


def test_flow_that_imports_a_view_breaks_the_layers(copy: Path) -> None:
    """Every arrow points one way."""
    plant(copy / "jwtauth/flows/login.py", "import jwtauth.views")

    assert "Layers of jwtauth" in broken_contracts(copy)


def test_stray_utils_module_is_a_fault(copy: Path) -> None:
    """A function without a home is a concept without a name."""
    (copy / "sessionauth/utils.py").touch()

    assert any("utils.py" in fault for fault in find_faults(copy))
