"""Run one of our programs to its end, or to our own if that comes first.

A program that outlived a killed comparison would go on writing into a database and a
directory that are being removed. It reads a pipe whose other end only the comparison
holds; the kernel closes it however the comparison ends, SIGKILL included.

This file is both the caller's module and what the program starts with, so that both
ends of the pipe can be read together.
"""

import os
import runpy
import subprocess
import sys
import threading
from collections.abc import Mapping

from demo_project.environment import CHECKOUT

LONGEST_PROGRAM_SECONDS = 1800.0


class ProgramFailedError(Exception):
    """It failed; the text ends with its last words."""


def run_bound(
    module: str, *arguments: str, environment: Mapping[str, str], text: str = ""
) -> str:
    """Run a program and return what it printed.

    Args:
        module: Its dotted name.
        arguments: What follows on the command line, for all users to read.
        environment: All of its variables.
        text: What it reads from its standard input.

    Raises:
        ProgramFailedError: It failed.
    """
    read_end, write_end = os.pipe()
    try:
        ran = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", __name__, str(read_end), module, *arguments],
            input=text,
            capture_output=True,
            text=True,
            cwd=CHECKOUT,
            env=dict(environment),
            pass_fds=[read_end],
            check=False,
            timeout=LONGEST_PROGRAM_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise ProgramFailedError(f"{module} took too long: {error.timeout} s") from None
    finally:
        os.close(read_end)
        os.close(write_end)
    if ran.returncode:
        raise ProgramFailedError(f"{module} failed: {last_words(ran.stderr)}")
    return ran.stdout


def last_words(text: str) -> str:
    """Return the last lines of an output, as one."""
    return " / ".join(text.strip().splitlines()[-3:])


def _end_with_the_caller(pipe: int) -> None:
    os.read(pipe, 1)  # Nobody writes: it returns when the other end is closed.
    os._exit(1)


def _main() -> None:
    pipe, module = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_end_with_the_caller, args=[pipe], daemon=True).start()
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
