"""A program for tests: it notes its process id in a file, and waits."""

import os
import sys
import time
from pathlib import Path


def main() -> None:
    if "ASKED" in os.environ:
        raise KeyError(os.environ["ASKED"])
    Path(sys.argv[1]).write_text(f"{os.getpid()}\n", encoding="ascii")
    time.sleep(120)


if __name__ == "__main__":
    main()
