"""A row as a picture: a bar for each mode, as SVG for a page or a file.

It carries classes and presentation attributes, neither style nor script: a page whose
Content-Security-Policy forbids both shows it as it is, and ``compare.css`` colours it.
Places across are shares of the width and heights are in ``em``, so that the bars fill
a telephone as well as a sheet of paper while the letters keep their size.
"""

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from demo_project.compare.result import Cell, ModeInfo, Row

# As many as a telephone of 360 pixels has room for, in the widest of usual fonts.
CHARACTERS = 40
# Further apart than this, the shorter bars can't be told from none on a telephone.
WIDEST_LINEAR = 50
LINE_EM, BAR_EM, GAP_EM = 1.45, 0.75, 0.8
# From the top of a line down to what its letters stand on.
BASE_EM = 1.0


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Where a number stands between the left edge and the right one."""

    start: float
    end: float
    is_logarithmic: bool

    def place(self, number: float) -> float:
        """Return the share of the width, in percent."""
        if self.is_logarithmic:
            share = math.log(number / self.start) / math.log(self.end / self.start)
        else:
            share = number / self.end
        return 100 * min(max(share, 0), 1)


def figure(cell: Cell) -> str:
    """Return the text before the brackets, in which a figure's quartiles stand."""
    return cell.text if cell.value is None else cell.text.partition(" (")[0]


def scale_for(row: Row) -> Scale:
    """Choose the scale: from zero, or by powers of ten where that hides the small.

    That is where the largest number is more than ``WIDEST_LINEAR`` times the smallest;
    one that isn't above zero has no logarithm, and keeps the scale linear.
    """
    drawn = [cell for cell in row.cells.values() if cell.value is not None]
    numbers = [
        number
        for cell in drawn
        for number in (cell.value, cell.low, cell.high)
        if number is not None
    ]
    least, most = min(numbers), max(numbers)
    if least > 0 and most / least > WIDEST_LINEAR:
        # A power of ten below the least, whose bar has a length then.
        start = 10.0 ** (math.ceil(math.log10(least)) - 1)
        return Scale(start=start, end=most, is_logarithmic=True)
    if row.unit == "%":
        # A share of the whole: a bar that fills its track would say that it is all.
        most = max(most, 100)
    return Scale(start=0, end=most if most > 0 else 1, is_logarithmic=False)


def chart(row: Row, modes: Sequence[ModeInfo]) -> str:
    """Return the SVG of a row, or nothing where no cell has a number."""
    if all(cell.value is None for cell in row.cells.values()):
        return ""
    scale = scale_for(row)
    drawing = _Drawing()
    for mode in modes:
        drawing.add(mode, row.cells[mode.name], scale)
    legend = _legend(scale, row.unit)
    if scale.is_logarithmic:
        drawing.add_line(legend, "chart-legend")
    name = f"chart-{escape(row.id)}"
    spoken = "; ".join(f"{m.title}: {row.cells[m.name].text}" for m in modes)
    return (
        f'<svg class="chart" role="img" width="100%" height="{drawing.height:.2f}em" '
        # Half of a whisker's end stands outside, where the largest is.
        'overflow="visible" '
        f'aria-labelledby="{name}-title {name}-text" '
        'xmlns="http://www.w3.org/2000/svg">'
        f'<title id="{name}-title">{escape(row.title)}</title>'
        f'<desc id="{name}-text">{escape(f"{spoken}. {legend}")}</desc>'
        f"{''.join(drawing.parts)}</svg>"
    )


class _Drawing:
    """What has been drawn, and down to where."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.height = 0.0

    def add(self, mode: ModeInfo, cell: Cell, scale: Scale) -> None:
        """Draw one mode: its name, its figure or why there is none, and the bar."""
        label = figure(cell)
        fits = len(mode.title) + len(label) + 2 <= CHARACTERS
        if fits:
            self._write(label, "chart-value", x="100%", text_anchor="end")
        self.add_line(mode.title, "chart-mode")
        if not fits:
            for line in textwrap.wrap(label, CHARACTERS):
                self.add_line(line, "chart-value")
        if cell.value is not None:
            self.parts += _bar(cell, scale, self.height)
        # Without a bar too: charts side by side keep their modes on one level.
        self.height += BAR_EM + GAP_EM

    def add_line(self, text: str, class_: str) -> None:
        """Write at the left edge, and go on below."""
        self._write(text, class_)
        self.height += LINE_EM

    def _write(self, text: str, class_: str, **places: str) -> None:
        attributes = _attributes(
            {"y": f"{self.height + BASE_EM:.2f}em", "fill": "currentColor"} | places
        )
        self.parts.append(f'<text class="{class_}"{attributes}>{escape(text)}</text>')


def _bar(cell: Cell, scale: Scale, top: float) -> Iterator[str]:
    width = scale.place(cell.value or 0)
    for class_, share, fill in (
        ("chart-track", 100.0, "none"),
        ("chart-bar", width, "currentColor"),
    ):
        yield (
            f'<rect class="{class_}" y="{top:.2f}em" width="{share:.2f}%" '
            f'height="{BAR_EM}em" rx="2" fill="{fill}"/>'
        )
    if cell.low is not None and cell.high is not None and cell.low < cell.high:
        low, high = scale.place(cell.low), scale.place(cell.high)
        middle, inset = top + BAR_EM / 2, BAR_EM / 5
        yield _line(low, middle, high, middle)
        for place in (low, high):
            yield _line(place, top + inset, place, top + BAR_EM - inset)


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f'<line class="chart-whisker" x1="{x1:.2f}%" y1="{y1:.2f}em" '
        f'x2="{x2:.2f}%" y2="{y2:.2f}em" stroke="currentColor" stroke-width="1.5"/>'
    )


def _attributes(values: Mapping[str, str]) -> str:
    return "".join(f' {name.replace("_", "-")}="{v}"' for name, v in values.items())


def _legend(scale: Scale, unit: str) -> str:
    if not scale.is_logarithmic:
        return "Bars from zero."
    ends = " to ".join(f"{end:.4g} {unit}".strip() for end in (scale.start, scale.end))
    return f"Logarithmic: {ends}"
