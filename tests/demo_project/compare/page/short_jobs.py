"""Jobs for tests: the real machinery around ``short_run``, and how to wait for it."""

import time
from pathlib import Path

from demo_project.compare.page.running import Background, Job, Standing

LONGEST_SECONDS = 60.0


def job(what: str) -> Job:
    """Return a job that will ``finish``, ``fail`` or ``wait``."""
    return Job(
        name="last",
        program="tests.demo_project.compare.page.short_run",
        arguments=[what],
    )


def wait_until_over(background: Background) -> Standing:
    """Return how it stands when nothing runs any more."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while (standing := background.standing()).is_on:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return standing


def wait_for_words(background: Background, words: str) -> Standing:
    """Return how it stands when the run has said so."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while words not in (standing := background.standing()).words:
        assert standing.is_on
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return standing


def wait_until_free(directory: Path) -> None:
    """Return when no process has the lock."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while lock_holders(directory):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lock_holders(directory: Path) -> list[int]:
    """Return the processes that have the lock's file open."""
    lock = (directory / "lock").resolve()
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                opened = {link.resolve() for link in (process / "fd").iterdir()}
            except OSError:
                continue  # It has ended.
            if lock in opened:
                found.append(int(process.name))
    return found
