"""The middle of what was measured, and how far it scattered."""

from demo_project.compare.spread import milliseconds, quartiles


class TestQuartiles:
    def test_single_figure_has_no_spread(self) -> None:
        """A slow machine may make one round only."""
        assert quartiles([3.0]) == (3.0, 3.0, 3.0)

    def test_half_of_the_figures_lie_between_them(self) -> None:
        """One slow round of many must not be what is shown."""
        assert quartiles([100.0, 1.0, 2.0, 3.0, 4.0]) == (2.0, 3.0, 4.0)


class TestMilliseconds:
    def test_seconds_become_milliseconds_in_text_and_value(self) -> None:
        """The chart and the table must say the same."""
        cell = milliseconds([0.001, 0.002, 0.003], digits=1)

        assert cell.text == "2.0 ms (1.5 to 2.5)"
        assert (cell.low, cell.value, cell.high) == (1.5, 2.0, 2.5)
