"""Time things against each other: round by round in turn, so that noise hits all."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = 25
ROUND_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What one call takes, in seconds: one figure for each round."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The round in the middle."""
        return statistics.median(self.rounds)

    def ratio_to(self, other: "Timing") -> tuple[float, float]:
        """Return the median of the ratios to ``other``, and their spread.

        Round against the same round: what slows both of them cancels out. The spread
        is half the distance between the quartiles, as a share of the median.
        """
        pairs = zip(self.rounds, other.rounds, strict=True)
        ratios = [ours / theirs for ours, theirs in pairs]
        lower, median, upper = statistics.quantiles(ratios, n=4)
        return median, (upper - lower) / 2 / median


def time_against_each_other(
    calls: Mapping[str, Callable[[], object]],
) -> dict[str, Timing]:
    """Return the timing of each call; every round runs each of them in turn."""
    repeats = {name: _repeats(call) for name, call in calls.items()}
    rounds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            rounds[name].append(_seconds(call, repeats[name]))
    return {name: Timing(rounds=tuple(seconds)) for name, seconds in rounds.items()}


def _repeats(call: Callable[[], object]) -> int:
    """Return how many calls make a round; warms up on the way."""
    repeats = 1
    while (seconds := _seconds(call, repeats) * repeats) < ROUND_SECONDS / 4:
        repeats *= 2
    return max(1, round(repeats * ROUND_SECONDS / seconds))


def _seconds(call: Callable[[], object], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats
