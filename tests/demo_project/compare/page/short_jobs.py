"""Jobs for tests: the real machinery around ``short_run``, and how to wait for it."""

from pathlib import Path

from demo_project.compare.page.running import Background, Job, Standing
from tests.harness.patience import until


def job(what: str) -> Job:
    """Return a job that will ``finish``, ``fail`` or ``wait``."""
    return Job(
        name="last",
        program="tests.demo_project.compare.page.short_run",
        arguments=[what],
    )


def wait_until_over(background: Background) -> Standing:
    """Return how it stands when nothing runs any more."""
    until(lambda: not background.standing().is_on)
    return background.standing()


def wait_for_words(background: Background, words: str) -> Standing:
    """Return how it stands when the run has said so."""
    until(lambda: words in background.standing().words)
    standing = background.standing()
    assert standing.is_on
    return standing


def wait_until_free(directory: Path) -> None:
    """Return when no process has the lock."""
    until(lambda: not lock_holders(directory))


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
