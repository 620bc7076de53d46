"""A row's chart: bars that say what was measured, and letters that stay letters."""

from xml.etree import ElementTree as ET

import pytest

from demo_project.compare.report.charts import (
    CHARACTERS,
    WIDEST_LINEAR,
    chart,
    scale_for,
)
from demo_project.compare.result import Cell, ModeInfo, Row
from tests.demo_project.compare.results import MODES, cell, row, words

SVG = "{http://www.w3.org/2000/svg}"


def _drawn(of: Row, modes: tuple[ModeInfo, ...] = MODES) -> ET.Element:
    return ET.fromstring(chart(of, modes))  # noqa: S314 - our own text


def _of_class(drawn: ET.Element, name: str) -> list[ET.Element]:
    return [element for element in drawn.iter() if element.get("class") == name]


def _widths(drawn: ET.Element) -> list[str | None]:
    return [bar.get("width") for bar in _of_class(drawn, "chart-bar")]


def _texts(drawn: ET.Element) -> list[str | None]:
    return [text.text for text in drawn.iter(f"{SVG}text")]


class TestBars:
    def test_lengths_are_in_proportion(self) -> None:
        """A bar twice as long must be twice as much."""
        drawn = _drawn(row({"session": cell(3), "jwt": cell(6)}))

        assert _widths(drawn) == ["50.00%", "100.00%"]

    def test_bars_are_in_the_order_of_the_modes(self) -> None:
        """The cells of a file may stand in any order."""
        drawn = _drawn(row({"jwt": cell(6), "session": cell(3)}))

        assert _widths(drawn) == ["50.00%", "100.00%"]
        assert [t.text for t in _of_class(drawn, "chart-mode")] == [
            "session",
            "jwt, denylist",
        ]

    def test_share_of_a_whole_is_drawn_as_one(self) -> None:
        """A bar that fills its track would say that nothing is lost."""
        shares = {"session": cell(60, "60 %"), "jwt": cell(90, "90 %")}

        assert _widths(_drawn(row(shares, unit="%"))) == ["60.00%", "90.00%"]

    @pytest.mark.parametrize("value", [0, -16])
    def test_nothing_and_less_than_nothing_have_no_length(self, value: float) -> None:
        """A store may shrink; a bar can't."""
        drawn = _drawn(row({"session": cell(value), "jwt": cell(8)}))

        assert _widths(drawn) == ["0.00%", "100.00%"]

    def test_all_zero_draws_empty_bars(self) -> None:
        """There is nothing to divide by."""
        drawn = _drawn(row({"session": cell(0), "jwt": cell(0)}))

        assert _widths(drawn) == ["0.00%", "0.00%"]


class TestWhiskers:
    def test_they_lead_from_the_lower_quartile_to_the_upper_one(self) -> None:
        """They show the noise."""
        drawn = _drawn(row({"session": cell(6, low=5, high=10), "jwt": cell(6)}))

        whiskers = _of_class(drawn, "chart-whisker")

        assert [(w.get("x1"), w.get("x2")) for w in whiskers] == [
            ("50.00%", "100.00%"),
            ("50.00%", "50.00%"),
            ("100.00%", "100.00%"),
        ]

    def test_exact_figures_have_none(self) -> None:
        """A count has no noise, and a whisker of no length would look like some."""
        cells = {"session": cell(6, low=6, high=6), "jwt": cell(6)}

        assert _of_class(_drawn(row(cells)), "chart-whisker") == []


class TestCellWithoutNumber:
    def test_it_says_why_instead_of_a_bar(self) -> None:
        """An empty bar would pass for zero."""
        cells = {"session": Cell(text="nothing to refresh"), "jwt": cell(6)}

        drawn = _drawn(row(cells))

        assert "nothing to refresh" in _texts(drawn)
        assert _widths(drawn) == ["100.00%"]

    def test_long_reason_is_broken_into_lines(self) -> None:
        """SVG breaks no lines, and a telephone would cut the reason off."""
        reason = "not measured: " + "install PostgreSQL and run it again " * 3
        cells = {"session": Cell(text=reason), "jwt": cell(6)}

        lines = [text for text in _texts(_drawn(row(cells))) if text]

        assert all(len(line) <= CHARACTERS for line in lines)
        assert reason.strip() in " ".join(lines)

    def test_row_without_numbers_has_no_chart(self) -> None:
        """Words are for the table."""
        assert chart(words("SECRET_KEY"), MODES) == ""


class TestScale:
    def test_it_is_linear_up_to_its_limit(self) -> None:
        """Bars from zero are what everybody reads right."""
        scale = scale_for(row({"session": cell(1), "jwt": cell(WIDEST_LINEAR)}))

        assert not scale.is_logarithmic

    def test_it_is_logarithmic_beyond_it_and_says_so(self) -> None:
        """A length that isn't in proportion misleads whoever isn't told."""
        drawn = _drawn(row({"session": cell(1), "jwt": cell(1000)}))

        assert _widths(drawn) == ["25.00%", "100.00%"]
        assert _texts(drawn)[-1] == "Logarithmic: 0.1 ms to 1000 ms"

    def test_zero_keeps_it_linear(self) -> None:
        """Zero has no logarithm."""
        cells = {"session": cell(0), "jwt": cell(1000)}

        assert not scale_for(row(cells)).is_logarithmic


class TestText:
    def test_label_leaves_the_brackets_to_whiskers_and_table(self) -> None:
        """Both would not fit beside the mode's name on a telephone."""
        assert "3.0 ms" in _texts(_drawn(row()))

    def test_description_says_all_of_it(self) -> None:
        """Whoever can't see the bars hears the same figures."""
        drawn = _drawn(row())

        assert drawn.get("role") == "img"
        assert drawn.findtext(f"{SVG}title") == "A request in the middle"
        assert drawn.findtext(f"{SVG}desc") == (
            "session: 3.0 ms (2.5 to 4.0); jwt, denylist: 6.0 ms (5.0 to 8.0). "
            "Bars from zero."
        )

    def test_name_and_description_are_pointed_at(self) -> None:
        """Two charts on a page must not be called by each other's name."""
        drawn = _drawn(row())

        named = (drawn.get("aria-labelledby") or "").split()

        assert named == ["chart-p50-title", "chart-p50-text"]
        assert [child.get("id") for child in drawn][:2] == named

    def test_markup_in_any_text_stays_text(self) -> None:
        """A result may come from a file that anybody wrote."""
        evil = '"><script>alert(1)</script>&'
        modes = (ModeInfo(name="session", title=evil, explanation=""),)
        cells = {"session": cell(3, evil)}
        of = row(cells, id=evil, title=evil, unit=evil)

        drawn = _drawn(of, modes)

        assert "<script" not in chart(of, modes)
        assert list(drawn.iter(f"{SVG}script")) == []
        assert drawn.findtext(f"{SVG}title") == evil

    def test_nothing_is_styled_or_scripted_inline(self) -> None:
        """The demo's Content-Security-Policy forbids both."""
        attributes = {name for e in _drawn(row()).iter() for name in e.attrib}

        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
