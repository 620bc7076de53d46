"""The README's commands, pasted into a shell against a running demo."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.demo_project.demo_process import DemoProcess
from tests.harness.programs import require_program

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
BLOCKS = [
    block
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    if "127.0.0.1:8000/" in block and "curl" in block
]

pytestmark = pytest.mark.slow


def test_readme_shows_both_schemes() -> None:
    """One block for each, so that the tests below have something to run."""
    assert len(BLOCKS) == 2


@pytest.mark.parametrize("scheme", ["jwt", "session"])
def test_readme_curl_lines_answer_as_they_say(
    scheme: str, running_demo: DemoProcess, tmp_path: Path
) -> None:
    """Each line says behind ``#`` which status it prints; bash says the same."""
    bash = require_program("bash", "apt-get install bash")
    require_program("curl", "apt-get install curl")
    (block,) = [block for block in BLOCKS if f"/{scheme}/auth" in block]
    script = block.replace("127.0.0.1:8000", f"127.0.0.1:{running_demo.port}")

    result = subprocess.run(  # noqa: S603 # our own README
        [bash, "-u", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)},
    )

    promised = re.findall(r"# (\d{3})$", block, re.MULTILINE)
    assert result.stdout.split() == promised, result.stderr
    assert promised
