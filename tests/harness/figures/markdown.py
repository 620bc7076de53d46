"""Tables of Markdown."""

from collections.abc import Iterable, Sequence


def table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: frozenset[int] = frozenset(),
) -> str:
    """Return a table; ``right`` are the columns of numbers."""
    rule = ["---:" if column in right else "---" for column in range(len(header))]
    return "\n".join(map(_line, [header, rule, *rows]))


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
