"""The directory of a run: gone with it, however it ends."""

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from demo_project.compare.servers.throw_away_directory import throw_away_directory
from demo_project.environment import CHECKOUT
from tests.demo_project.demo_process import clean_environment
from tests.harness.patience import is_alive, until

# A server that is told to end, and writes once more a second later.
SLOW_SERVER = (
    'trap "sleep 1; mkdir -p $0/late/file; exit" TERM; touch $0/ready; '
    "while :; do sleep 0.1; done"
)
# What guards the directory may be slow to start.
SLOW_PYTHON = f"""#!/bin/sh
if [ "$1" = -m ]; then sleep 1; fi
exec {shlex.quote(sys.executable)} "$@"
"""
RUN = f"""
import sys, time
from demo_project.compare.servers import throw_away_directory as here
from demo_project.watchdog import GuardedProcess, ServerCommand
from tests.harness.patience import until
sys.executable = sys.argv[1]
with here.throw_away_directory() as root:
    home = root / "server"
    home.mkdir()
    with here.in_use(home) as lock:
        server = GuardedProcess(ServerCommand(
            argv=["/bin/sh", "-c", {SLOW_SERVER!r}, str(home)],
            cwd="/", log=None, pass_fds=[lock], env={{"PATH": "/bin:/usr/bin"}},
        ))
    until((home / "ready").exists)
    print(root, server.pid, flush=True)
    time.sleep(60)
"""


class TestThrowAwayDirectory:
    def test_it_is_removed_with_all_that_is_in_it(self) -> None:
        """Keys and databases of a run are nobody's later."""
        with throw_away_directory() as directory:
            (directory / "a").mkdir()
            (directory / "a" / "file").write_text("kept by nobody")
            assert directory.stat().st_mode & 0o077 == 0

        assert not directory.exists()

    def test_failure_removes_it_too(self) -> None:
        """A run that fails is no reason to leave something behind."""
        with pytest.raises(RuntimeError), throw_away_directory() as directory:
            raise RuntimeError

        assert not directory.exists()

    def test_one_that_cannot_be_made_is_an_error_that_names_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever waits for it would wait for ever."""
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))

        with pytest.raises(OSError, match=r"/missing/tandem-compare-\w+ could not be"):
            throw_away_directory().__enter__()

    @pytest.mark.slow
    def test_killed_run_leaves_none_though_a_server_still_writes(
        self, tmp_path: Path
    ) -> None:
        """Removed too early, it would be made again by who is still ending."""
        slow_python = tmp_path / "python"
        slow_python.write_text(SLOW_PYTHON)
        slow_python.chmod(0o700)
        run = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", RUN, str(slow_python)],
            cwd=CHECKOUT,
            env={**clean_environment(), "TMPDIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        with run:
            assert run.stdout is not None
            path, server = run.stdout.readline().split()
            directory = Path(path)
            assert directory.parent == tmp_path
            run.kill()

        # Nobody writes any more when the server has ended.
        until(lambda: not is_alive(int(server)))
        until(lambda: not directory.exists())
