"""Time things against each other: round by round in turn, so that noise hits all."""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

ROUNDS = 25
ROUND_SECONDS = 0.05

Round: TypeAlias = tuple[float, float]
"""What one call takes, in seconds: by the clock, and of this process's own time."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What one call takes, in seconds: one figure for each round."""

    rounds: tuple[float, ...]
    cpu_rounds: tuple[float, ...]
    """This process's own time, without what it waits for: servers, and its turn."""

    @classmethod
    def of(cls, rounds: Iterable[Round]) -> "Timing":
        """Return the timing that rounds make up."""
        seconds, cpu_seconds = zip(*rounds, strict=True)
        return cls(rounds=seconds, cpu_rounds=cpu_seconds)

    @property
    def median(self) -> float:
        """The round in the middle."""
        return statistics.median(self.rounds)

    def ratio_to(self, other: "Timing") -> tuple[float, float]:
        """Return the median of the ratios to ``other``, and their spread.

        Round against the same round: what slows both of them cancels out. The spread
        is half the distance between the quartiles, as a share of the median.
        """
        ratios = _ratios(self.rounds, other.rounds)
        lower, median, upper = statistics.quantiles(ratios, n=4)
        return median, (upper - lower) / 2 / median

    def cpu_ratio_to(self, other: "Timing") -> float:
        """Return the median of the ratios of this process's own time."""
        return statistics.median(_ratios(self.cpu_rounds, other.cpu_rounds))


def _ratios(ours: Sequence[float], others: Sequence[float]) -> list[float]:
    return [our / other for our, other in zip(ours, others, strict=True)]


def time_against_each_other(
    calls: Mapping[str, Callable[[], object]],
) -> dict[str, Timing]:
    """Return the timing of each call; every round runs each of them in turn.

    Every other round goes backwards: whoever comes after a long one is the first to
    be interrupted on a busy machine.
    """
    repeats = {name: _repeats(call) for name, call in calls.items()}
    rounds: dict[str, list[Round]] = {name: [] for name in calls}
    for number in range(ROUNDS):
        for name in list(calls)[:: -1 if number % 2 else 1]:
            rounds[name].append(time_round([calls[name]] * repeats[name]))
    return {name: Timing.of(timed) for name, timed in rounds.items()}


def time_round(calls: Sequence[Callable[[], object]]) -> Round:
    """Return what one of ``calls`` takes."""
    start, cpu_start = time.perf_counter(), time.process_time()
    for call in calls:
        call()
    cpu_end, end = time.process_time(), time.perf_counter()
    return (end - start) / len(calls), (cpu_end - cpu_start) / len(calls)


def _repeats(call: Callable[[], object]) -> int:
    """Return how many calls make a round; warms up on the way."""
    repeats = 1
    while (seconds := _undisturbed(call, repeats)) * repeats < ROUND_SECONDS / 4:
        repeats *= 2
    return max(1, round(ROUND_SECONDS / seconds))


def _undisturbed(call: Callable[[], object], repeats: int) -> float:
    # An interruption here would make every round too short to outlast others.
    return min(time_round([call] * repeats)[0] for _ in range(3))
