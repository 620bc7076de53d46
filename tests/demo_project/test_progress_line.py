"""The line that says what a long command is doing."""

import io
from collections.abc import Callable, Iterator

import pytest

from demo_project.progress_line import CLEARED, ProgressLine


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock() -> Callable[[], float]:
    times: Iterator[float] = iter([100.0, 101.5, 165.0])
    return lambda: next(times)


def test_log_gets_a_line_each(clock: Callable[[], float]) -> None:
    """Control characters make a log hard to read."""
    log = io.StringIO()
    line = ProgressLine(log, "compare", clock)

    line.show("step 1 of 2: starting")
    line.show("step 2 of 2: measuring")
    line.end()

    assert log.getvalue() == (
        "compare: 0:01 step 1 of 2: starting\ncompare: 1:05 step 2 of 2: measuring\n"
    )


def test_terminal_gets_one_line_that_is_overwritten(
    clock: Callable[[], float],
) -> None:
    """A page of what was done says less than what is being done."""
    terminal = _Terminal()
    line = ProgressLine(terminal, "compare", clock)

    line.show("starting")
    line.show("measuring")
    line.end()

    assert terminal.getvalue() == (
        f"{CLEARED}compare: 0:01 starting{CLEARED}compare: 1:05 measuring{CLEARED}"
    )


def test_line_that_is_too_long_for_the_terminal_is_cut(
    clock: Callable[[], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is wrapped leaves its first half behind."""
    monkeypatch.setenv("COLUMNS", "20")
    terminal = _Terminal()

    ProgressLine(terminal, "compare", clock).show("starting the demo")

    assert terminal.getvalue() == f"{CLEARED}compare: 0:01 start"
