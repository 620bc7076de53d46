"""``make demo``: run the demo until Ctrl-C, SIGTERM, or its terminal is closed."""

import os
import signal
import sys

from demo_project.ending import leave_by_signals


def main() -> int:
    """Run the demo; return the exit code."""
    leave_by_signals()
    # Database and sessions hold what other users of this machine must not read.
    os.umask(0o077)
    try:
        # Loading Django and the server takes a moment in which Ctrl-C may come.
        from demo_project.demo_server import run_demo  # noqa: PLC0415

        return run_demo()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
