"""The comparison as the demo's page starts it: in the background, one at a time.

The run is a process of its own under a watchdog, so it ends with the demo, however
that ends. It holds a lock on a file as long as it lives: the kernel lets go of it, so
that it can't outlive the run. A result is written whole or not at all, so the old one
stays until there is a new one.
"""

import fcntl
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from demo_project.compare import COMMAND
from demo_project.environment import CHECKOUT, without_ours
from demo_project.progress_line import prefix_of
from demo_project.watchdog import GuardedProcess, ServerCommand

LAST_WORDS = 6


@dataclass(frozen=True, kw_only=True)
class Job:
    """What can be run; its result is kept in ``<name>.json``."""

    name: str
    program: str = "demo_project.compare"
    """A module that takes the options of the comparison."""
    arguments: Sequence[str] = ()
    """What follows ``--quick --json FILE``."""


COMPARISON = Job(name="last")
STOPWATCH = Job(name="stopwatch", arguments=("--only", "revocation"))


class State(Enum):
    """What became of the run that was started last."""

    NONE = "none"
    RUNNING = "running"
    STOPPING = "stopping"
    """Asked to end, and still taking its servers down."""
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a page shows of it."""

    state: State
    job: Job | None = None
    began_at: datetime | None = None
    words: Sequence[str] = ()
    """The last lines that the run wrote."""

    @property
    def is_on(self) -> bool:
        """Whether a process is there."""
        return self.state in {State.RUNNING, State.STOPPING}


@dataclass(kw_only=True)
class _Started:
    job: Job
    process: GuardedProcess
    began_at: datetime
    result_before: tuple[int, int] | None
    asked_to_stop: bool = False


class Background:
    """The one run that a directory may have, and the results that are kept there."""

    def __init__(self, directory: Path) -> None:
        """Keep everything in ``directory``, which is made when it is needed."""
        self._directory = directory
        self._guard = threading.Lock()
        self._current: _Started | None = None
        self._last = Standing(state=State.NONE)

    def result_path(self, job: Job) -> Path:
        """Return where the job's result is, if there is one."""
        return self._directory / f"{job.name}.json"

    def start(self, job: Job) -> bool:
        """Start the job; return False where something runs already."""
        with self._guard:
            self._settle()
            if self._current is not None:
                return False
            try:
                return self._start(job)
            except OSError as error:
                self._last = Standing(
                    state=State.FAILED,
                    job=job,
                    words=[f"{type(error).__name__}: {error}"],
                )
                return True

    def stop(self) -> None:
        """Ask the run to end; the watchdog sees to it that it does."""
        with self._guard:
            self._settle()
            if self._current is not None:
                self._current.asked_to_stop = True
                self._current.process.let_go()

    def standing(self) -> Standing:
        """Return what runs, or what became of the last run."""
        with self._guard:
            self._settle()
            if self._current is None:
                return self._last
            asked = self._current.asked_to_stop
            state = State.STOPPING if asked else State.RUNNING
            return self._described(self._current, state)

    def _start(self, job: Job) -> bool:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._log.write_bytes(b"")
            self._current = _Started(
                job=job,
                began_at=datetime.now(UTC),
                result_before=_stamp(self.result_path(job)),
                process=GuardedProcess(self._command(job, lock)),
            )
        except BlockingIOError:
            return False  # Another demo's, which keeps its data here, too.
        finally:
            # The watchdog and the run hold it from here on.
            os.close(lock)
        return True

    def _command(self, job: Job, lock: int) -> ServerCommand:
        target = str(self.result_path(job))
        return ServerCommand(
            argv=[
                *(sys.executable, "-m", job.program, "--quick", "--json", target),
                *job.arguments,
            ],
            cwd=str(CHECKOUT),
            log=str(self._log),
            env=environment_of_run(os.environ),
            pass_fds=[lock],
        )

    @property
    def _log(self) -> Path:
        return self._directory / "run.log"

    def _settle(self) -> None:
        """Note what became of a run that has ended."""
        ended = self._current
        if ended is None or not ended.process.has_exited():
            return
        ended.process.close()
        self._last = self._described(ended, self._outcome(ended))
        self._current = None

    def _outcome(self, ended: _Started) -> State:
        if _stamp(self.result_path(ended.job)) != ended.result_before:
            return State.FINISHED
        return State.STOPPED if ended.asked_to_stop else State.FAILED

    def _described(self, started: _Started, state: State) -> Standing:
        return Standing(
            state=state,
            job=started.job,
            began_at=started.began_at,
            words=_last_words(self._log),
        )


_backgrounds: dict[Path, Background] = {}


def background_in(directory: Path) -> Background:
    """Return the one of this process for ``directory``."""
    # One of those that were made at once is everybody's.
    return _backgrounds.setdefault(directory, Background(directory))


def environment_of_run(variables: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables without what they say about this demo."""
    return {
        name: value
        for name, value in without_ours(variables).items()
        if not name.startswith("DJANGO_")
    }


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what tells one file at ``path`` from another; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _last_words(log: Path) -> Sequence[str]:
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    said = [line.removeprefix(prefix_of(COMMAND)) for line in lines if line.strip()]
    return said[-LAST_WORDS:]
