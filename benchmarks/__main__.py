"""``python -m benchmarks``, which is ``make bench``."""

import signal
import sys


def main() -> int:
    """Measure; return the exit code."""
    try:
        # Loading Django takes a moment in which Ctrl-C may come.
        from benchmarks.commandline import main as measure  # noqa: PLC0415

        return measure()
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; nothing was written.\n")
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
