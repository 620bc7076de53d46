"""What a long command is doing: one line in a terminal, a line each in a log."""

import shutil
import time
from collections.abc import Callable
from typing import TextIO

PREFIX = "compare: "
CLEARED = "\r\x1b[K"


class ProgressLine:
    """Shows what is done now, and how long it has been going on."""

    def __init__(
        self, stream: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Write to ``stream``; the time is taken from now."""
        self._stream = stream
        self._clock = clock
        self._began = clock()
        self._overwrites = stream.isatty()

    def show(self, what: str) -> None:
        """Say what begins now."""
        minutes, seconds = divmod(int(self._clock() - self._began), 60)
        line = f"{PREFIX}{minutes}:{seconds:02} {what}"
        if self._overwrites:
            # A line that is wrapped couldn't be overwritten.
            columns = shutil.get_terminal_size().columns
            self._stream.write(f"{CLEARED}{line[: columns - 1]}")
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()

    def end(self) -> None:
        """Leave an empty line to what is written next."""
        if self._overwrites:
            self._stream.write(CLEARED)
            self._stream.flush()
