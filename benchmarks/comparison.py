"""Calls that do the same thing, timed against one of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from benchmarks.interleaved import time_against_each_other
from benchmarks.rows import Row, slug

Call = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One round of contenders; each of them gives a row, the yardstick does not."""

    id: str
    """What the ids of the rows begin with."""
    about: str
    """What all of them do: the first half of the rows' names."""
    against: str
    """The yardstick's name."""
    yardstick: Call
    contenders: Mapping[str, Call]

    def rows(self) -> Iterator[Row]:
        """Time them all, and yield the ratios."""
        timings = time_against_each_other(
            {self.against: self.yardstick, **self.contenders}
        )
        for contender in self.contenders:
            yield Row.of(
                f"{self.id}.{slug(contender)}",
                self.name_of(contender),
                timings[contender],
                timings[self.against],
                against=self.against,
            )

    def name_of(self, contender: str) -> str:
        """Return the name of a contender's row."""
        return f"{self.about}, {contender}"
