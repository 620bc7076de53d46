"""A run in the background: one at a time, gone with its starter, nothing half-done."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_project.compare.page.running import (
    COMPARISON,
    STOPWATCH,
    Background,
    State,
    environment_of_run,
)
from demo_project.environment import CHECKOUT
from tests.demo_project.compare.page.short_jobs import (
    job,
    lock_holders,
    wait_for_words,
    wait_until_free,
    wait_until_over,
)
from tests.harness.patience import until

AT_ONCE = 8


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "compare"


@pytest.fixture
def background(directory: Path) -> Iterator[Background]:
    background = Background(directory)
    yield background
    background.stop()
    wait_until_over(background)


class TestRun:
    def test_run_that_ends_well_leaves_its_result(self, background: Background) -> None:
        """The page shows the file, and says that it is new."""
        assert background.start(job("finish"))

        assert wait_until_over(background).state is State.FINISHED
        told = json.loads(background.result_path(COMPARISON).read_text())
        assert told["options"] == ["--quick", "--json"]

    def test_run_knows_nothing_of_the_demo_that_starts_it(
        self, background: Background, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It starts demos of its own: this one's Redis and database are not theirs."""
        for name in ("REDIS_URL", "DATABASE_URL", "AUTH_SCHEME", "DEMO_DIR"):
            monkeypatch.setenv(name, "of the demo")

        background.start(job("finish"))
        wait_until_over(background)

        told = json.loads(background.result_path(COMPARISON).read_text())
        ours = ("REDIS_URL", "DATABASE_URL", "AUTH_SCHEME", "DEMO_", "DJANGO_")
        assert [n for n in told["environment"] if n.startswith(ours)] == []
        assert "PATH" in told["environment"]

    def test_run_that_goes_on_says_how_far_it_is(self, background: Background) -> None:
        """Minutes without a word look like a fault."""
        background.start(job("wait"))

        standing = wait_for_words(background, "about to wait")

        assert standing.state is State.RUNNING
        assert standing.began_at is not None

    def test_run_that_fails_leaves_the_old_result_and_its_last_words(
        self, background: Background
    ) -> None:
        """What was measured before is as good as it was."""
        background.start(job("finish"))
        wait_until_over(background)
        before = background.result_path(COMPARISON).read_text()

        background.start(job("fail"))
        standing = wait_until_over(background)

        assert standing.state is State.FAILED
        assert standing.words[-1] == "The comparison failed. There was no Valkey."
        assert background.result_path(COMPARISON).read_text() == before

    def test_words_of_an_earlier_run_are_gone(self, background: Background) -> None:
        """They would be taken for those of this one."""
        background.start(job("fail"))
        wait_until_over(background)

        background.start(job("wait"))

        assert wait_for_words(background, "about to wait").words == ["about to wait"]

    def test_directory_that_cant_be_made_is_a_failure_in_words(
        self, directory: Path
    ) -> None:
        """A 500 would say less."""
        directory.write_text("a file")
        background = Background(directory)

        background.start(job("finish"))

        standing = background.standing()
        assert standing.state is State.FAILED
        assert "FileExistsError" in standing.words[0]

    def test_nothing_started_is_nothing_to_say(self, background: Background) -> None:
        """As on the first visit."""
        assert background.standing().state is State.NONE


class TestStop:
    def test_stopped_run_is_gone_and_the_old_result_is_not(
        self, background: Background, directory: Path
    ) -> None:
        """Who stops it has thought better of it, not of what they had."""
        background.start(job("finish"))
        wait_until_over(background)
        background.start(job("wait"))
        wait_for_words(background, "about to wait")

        background.stop()

        assert wait_until_over(background).state is State.STOPPED
        assert background.result_path(COMPARISON).exists()
        assert lock_holders(directory) == []

    def test_stopping_where_nothing_runs_changes_nothing(
        self, background: Background
    ) -> None:
        """The run may have ended while the page was looked at."""
        background.start(job("finish"))
        wait_until_over(background)

        background.stop()

        assert background.standing().state is State.FINISHED


class TestOneAtATime:
    def test_second_start_is_refused_while_one_runs(
        self, background: Background, directory: Path
    ) -> None:
        """Two would measure each other."""
        assert background.start(job("wait"))
        wait_for_words(background, "about to wait")
        holders = lock_holders(directory)

        assert not background.start(job("finish"))

        assert lock_holders(directory) == holders
        assert not background.result_path(COMPARISON).exists()

    def test_of_many_starts_at_once_one_wins(
        self, background: Background, directory: Path
    ) -> None:
        """The demo answers four requests at a time."""
        gate = threading.Barrier(AT_ONCE)
        started = []

        def start() -> None:
            gate.wait()
            started.append(background.start(job("wait")))

        threads = [threading.Thread(target=start) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert started.count(True) == 1
        wait_for_words(background, "about to wait")
        assert len(lock_holders(directory)) == 2  # The watchdog and the run.

    def test_another_process_with_the_same_data_is_refused_as_well(
        self, background: Background, directory: Path
    ) -> None:
        """Two demos can share a directory where Redis is somebody else's."""
        background.start(job("wait"))
        other = Background(directory)

        assert not other.start(job("finish"))

        assert other.standing().state is State.NONE

    def test_lock_of_a_run_that_was_killed_is_free(
        self, background: Background, directory: Path
    ) -> None:
        """A lock that stays would need somebody who knows which file to delete."""
        background.start(job("wait"))
        wait_for_words(background, "about to wait")
        for holder in lock_holders(directory):
            os.kill(holder, signal.SIGKILL)
        wait_until_free(directory)

        assert wait_until_over(background).state is State.FAILED
        assert background.start(job("finish"))
        assert wait_until_over(background).state is State.FINISHED


class TestEndOfTheDemo:
    def test_run_ends_with_a_starter_that_was_killed(
        self, background: Background, directory: Path
    ) -> None:
        """SIGKILL leaves nobody who could tidy up, but for the watchdog."""
        starter = subprocess.Popen(  # noqa: S603 - our own program
            [
                *(sys.executable, "-m"),
                *("tests.demo_project.compare.page.background_starter", str(directory)),
            ],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert starter.stdout is not None
        assert starter.stdout.readline() == "started\n"
        assert len(lock_holders(directory)) == 2

        starter.kill()
        starter.communicate()

        wait_until_free(directory)
        # Who is ending may look gone a moment before the kernel drops its lock.
        until(lambda: background.start(job("finish")))


class TestJobs:
    def test_each_keeps_its_own_result(self, background: Background) -> None:
        """The stopwatch's few rows must not take the place of all of them."""
        paths = {background.result_path(kept) for kept in (COMPARISON, STOPWATCH)}

        assert len(paths) == 2

    def test_variables_of_the_system_stay(self) -> None:
        """Without PATH no server would be found."""
        given = {"PATH": "/bin", "DEMO_PORT": "8000", "TMPDIR": "/tmp/x"}  # noqa: S108

        assert environment_of_run(given) == {"PATH": "/bin", "TMPDIR": "/tmp/x"}  # noqa: S108
