"""Every page that may hold figures, as it stands and as it should."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.harness.figures.markers import FigureError, Marked, filled, find_marked
from tests.harness.figures.sources import DIRECTORY, Figures


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page, and the markers in it."""

    path: Path
    text: str
    marked: tuple[Marked, ...]

    @property
    def wanted(self) -> str:
        """The text with every figure as it should be."""
        return filled(self.text, self.marked)

    def stale(self, root: Path) -> Iterator[str]:
        """Yield one line for each figure that another result has made wrong."""
        for one in self.marked:
            if one.found != one.wanted:
                yield (
                    f"{self.path.relative_to(root)}, line {one.line}: {one.words} is "
                    "stale: run `make docs`"
                )


def read_pages(root: Path) -> list[Page]:
    """Read all of them, and make every figure.

    Raises:
        FigureError: a marker is wrong, a result missing, or quoted nowhere.
    """
    figures = Figures(root)
    paths = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    pages = [_read(path, root, figures) for path in paths]
    if unused := figures.not_quoted():
        raise FigureError(f"{DIRECTORY}: no page quotes {', '.join(unused)}")
    return pages


def _read(path: Path, root: Path, figures: Figures) -> Page:
    text = path.read_text("utf-8")
    try:
        marked = find_marked(text, figures.render)
    except FigureError as error:
        raise FigureError(f"{path.relative_to(root)}, {error}") from None
    return Page(path=path, text=text, marked=tuple(marked))
