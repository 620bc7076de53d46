"""What a long command is doing: one line in a terminal, a line each in a log."""

import shutil
import time
from collections.abc import Callable
from typing import TextIO

CLEARED = "\r\x1b[K"


def prefix_of(command: str) -> str:
    """Return what each of its lines begins with."""
    return f"{command}: "


class ProgressLine:
    """Shows what is done now, and how long it has been going on."""

    def __init__(
        self,
        stream: TextIO,
        command: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Write to ``stream`` in the name of ``command``; time is taken from now."""
        self._stream = stream
        self._prefix = prefix_of(command)
        self._clock = clock
        self._began = clock()
        self._overwrites = stream.isatty()

    def show(self, what: str) -> None:
        """Say what begins now."""
        minutes, seconds = divmod(int(self._clock() - self._began), 60)
        line = f"{self._prefix}{minutes}:{seconds:02} {what}"
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
