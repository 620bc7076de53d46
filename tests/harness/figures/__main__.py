"""The command line: ``write`` fills every page, ``check`` says what is stale."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.harness.figures.markers import FigureError
from tests.harness.figures.pages import Page, read_pages


def main(arguments: Sequence[str], root: Path) -> int:
    """Run one command on the project in ``root``; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness.figures")
    parser.add_argument("command", choices=["check", "write"])
    command = parser.parse_args(arguments).command
    try:
        pages = read_pages(root)
    except FigureError as error:
        _say(str(error))
        return 1
    return _check(pages, root) if command == "check" else _write(pages)


def _check(pages: Sequence[Page], root: Path) -> int:
    stale = [line for page in pages for line in page.stale(root)]
    for line in stale:
        _say(line)
    return min(len(stale), 1)


def _write(pages: Sequence[Page]) -> int:
    for page in pages:
        if page.wanted != page.text:
            page.path.write_text(page.wanted, encoding="utf-8")
    _say(f"{sum(len(page.marked) for page in pages)} figures are as measured.")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).parents[3]))
