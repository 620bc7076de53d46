"""What a program of the demo says in the terminal that started it."""

import sys

WRONG_SETUP = 2
"""The exit code of a program that can't start."""


def say(text: str) -> None:
    """Print, and let it be read at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def refuse(what: str, reason: str) -> int:
    """Say in one line that ``what`` can't start, and why; return the exit code."""
    one_line = " ".join(reason.split())
    sys.stderr.write(f"{what} can't start. {one_line}\n")
    return WRONG_SETUP
