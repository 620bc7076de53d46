"""``python -m tests.benchmarks.small_scale``: the program of a million logins, small.

It prints what its rows are called. The first size is that of the few.
"""

import sys
from contextlib import ExitStack

from benchmarks import commandline

SIZES = {"few": 50, "default": 200}
ROUNDS = 2
CALLS = 3


def main() -> None:
    """Fill, measure and print."""
    with ExitStack() as servers:
        commandline.start(servers)
        # It needs the settings that have just been made.
        from benchmarks.scale import sides  # noqa: PLC0415

        sides.SIZES.update(SIZES)
        sides.ROUNDS, sides.CALLS = ROUNDS, CALLS
        for row in commandline.measured_rows(["scale"]):
            sys.stdout.write(f"{row.id}: {row.what}\n")


if __name__ == "__main__":
    main()
