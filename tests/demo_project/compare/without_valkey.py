"""The comparison on a machine where no server program is found."""

import sys
from collections.abc import Iterator
from pathlib import Path

from demo_project.compare import commandline
from demo_project.embedded_valkey import binary


def none() -> Iterator[Path]:
    yield from ()


if __name__ == "__main__":
    binary._candidates = none
    sys.exit(commandline.main([]))
