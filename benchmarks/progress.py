"""What is going on, for whoever waits: on stderr, so that the table stands alone."""

import sys
import time

_STARTED = time.monotonic()


def show(what: str) -> None:
    """Show one line: overwritten in a terminal, one after the other in a log."""
    start, end = ("\r\x1b[K", "") if sys.stderr.isatty() else ("", "\n")
    minutes, seconds = divmod(round(time.monotonic() - _STARTED), 60)
    sys.stderr.write(f"{start}bench {minutes}:{seconds:02d}: {what}{end}")
    sys.stderr.flush()


def end() -> None:
    """Clear the line that stands in a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
