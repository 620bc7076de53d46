"""Markers: where a figure begins and ends in a page.

``<!-- figures: NAME ARGUMENT... -->`` opens, ``<!-- /figures -->`` closes. Where the
opening one stands alone on its line, the figure gets lines of its own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_ANY = re.compile(r"<!--\s*/?\s*figures\b.*?(?:-->|\Z)", re.DOTALL)
_OPENING = re.compile(r"<!-- figures: (\S+(?: \S+)*) -->")
_CLOSING = "<!-- /figures -->"

Render = Callable[[Sequence[str]], str]
"""Takes the words of a marker, its name first."""


class FigureError(Exception):
    """A figure can't be made; the text says of which marker, and why."""


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A marker, and what stands and what should stand between it and its end."""

    words: str
    line: int
    found: str
    wanted: str


@dataclass(frozen=True, kw_only=True)
class _Opened:
    words: str
    line: int
    start: int
    end: int


def find_marked(text: str, render: Render) -> list[Marked]:
    """Return every marker of a page.

    Raises:
        FigureError: one is misspelt, unknown, unclosed or closes nothing.
    """
    marked: list[Marked] = []
    opened: _Opened | None = None
    for match in _ANY.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        opening = _OPENING.fullmatch(match[0])
        if opening is None and match[0] != _CLOSING:
            raise FigureError(f"line {line}: {match[0][:60]!r} is no marker")
        if (opening is None) is (opened is None):
            raise FigureError(_out_of_order(line, opened))
        if opening is not None:
            opened = _Opened(
                words=opening[1], line=line, start=match.start(), end=match.end()
            )
        elif opened is not None:
            marked.append(_marked(text, opened, match.start(), render))
            opened = None
    if opened is not None:
        raise FigureError(_out_of_order(0, opened))
    return marked


def filled(text: str, marked: Sequence[Marked]) -> str:
    """Return the page with every figure as it should be."""
    rest, parts = text, []
    for one in marked:
        opening = f"<!-- figures: {one.words} -->"
        before, after = rest.split(f"{opening}{one.found}{_CLOSING}", maxsplit=1)
        parts += [before, opening, one.wanted, _CLOSING]
        rest = after
    return "".join([*parts, rest])


def _out_of_order(line: int, opened: _Opened | None) -> str:
    if opened is None:
        return f"line {line}: {_CLOSING} closes nothing"
    return f"line {opened.line}: {opened.words} is not closed: write {_CLOSING}"


def _marked(text: str, opened: _Opened, end: int, render: Render) -> Marked:
    try:
        figure = render(opened.words.split(" "))
    except FigureError as error:
        raise FigureError(f"line {opened.line}: {opened.words}: {error}") from None
    if _stands_alone(text, opened):
        figure = f"\n{figure}\n"
    elif "\n" in figure:
        raise FigureError(
            f"line {opened.line}: {opened.words} needs lines of its own: let the "
            "marker stand alone on its line"
        )
    return Marked(
        words=opened.words,
        line=opened.line,
        found=text[opened.end : end],
        wanted=figure,
    )


def _stands_alone(text: str, opened: _Opened) -> bool:
    before = text[text.rfind("\n", 0, opened.start) + 1 : opened.start]
    return not before.strip() and text[opened.end : opened.end + 1] == "\n"
