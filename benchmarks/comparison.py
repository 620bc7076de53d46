"""Calls that do the same thing, and what each may cost against one of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.interleaved import time_against_each_other
from benchmarks.rows import Row

Call = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One round of contenders; each of them gives a row, the yardstick does not."""

    about: str
    """What all of them do: the first half of the rows' names."""
    against: str
    """The yardstick's name."""
    yardstick: Call
    contenders: Mapping[str, Call]
    budgets: Mapping[str, float] = field(default_factory=dict)
    """The most that a contender should take, in times of the yardstick."""

    def rows(self) -> Iterator[Row]:
        """Time them all, and yield the ratios."""
        timings = time_against_each_other(
            {self.against: self.yardstick, **self.contenders}
        )
        for contender in self.contenders:
            yield Row.of(
                self.name_of(contender),
                timings[contender],
                timings[self.against],
                against=self.against,
                budget=self.budgets.get(contender),
            )

    def name_of(self, contender: str) -> str:
        """Return the name of a contender's row."""
        return f"{self.about}, {contender}"
