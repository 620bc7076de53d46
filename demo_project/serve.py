"""``make demo``: run the demo until Ctrl-C, SIGTERM, or its terminal is closed."""

import os
import signal
import sys
from types import FrameType


def main() -> int:
    """Run the demo; return the exit code."""
    _leave_by_signals()
    # Database and sessions hold what other users of this machine must not read.
    os.umask(0o077)
    try:
        # Loading Django and the server takes a moment in which Ctrl-C may come.
        from demo_project.demo_server import run_demo  # noqa: PLC0415

        return run_demo()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _leave_by_signals() -> None:
    """Leave through every `with`, until the server has handlers of its own."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    # A shell script that starts us in the background has it ignored; the server will
    # hear it all the same, so the start does too.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
