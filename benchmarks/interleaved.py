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
    """Return the timing of each call; every round runs each of them in turn.

    Every other round goes backwards: whoever comes after a long one is the first to
    be interrupted on a busy machine.
    """
    repeats = {name: _repeats(call) for name, call in calls.items()}
    rounds: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(ROUNDS):
        for name in list(calls)[:: -1 if number % 2 else 1]:
            rounds[name].append(_seconds(calls[name], repeats[name]))
    return {name: Timing(rounds=tuple(seconds)) for name, seconds in rounds.items()}


def _repeats(call: Callable[[], object]) -> int:
    """Return how many calls make a round; warms up on the way."""
    repeats = 1
    while (seconds := _undisturbed(call, repeats)) * repeats < ROUND_SECONDS / 4:
        repeats *= 2
    return max(1, round(ROUND_SECONDS / seconds))


def _undisturbed(call: Callable[[], object], repeats: int) -> float:
    # An interruption here would make every round too short to outlast others.
    return min(_seconds(call, repeats) for _ in range(3))


def _seconds(call: Callable[[], object], repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats
