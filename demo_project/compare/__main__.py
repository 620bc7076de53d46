"""``python -m demo_project.compare``, which is ``make compare``."""

import signal
import sys


def main() -> int:
    """Run the comparison; return the exit code."""
    try:
        # Loading Django takes a moment in which Ctrl-C may come.
        from demo_project.compare.commandline import main as compare  # noqa: PLC0415

        return compare()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
