"""The two sides: few logins and many, each in a database of its own."""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from benchmarks import progress
from benchmarks.comparison import Call
from benchmarks.interleaved import ROUNDS, Round, Timing, time_round
from benchmarks.rows import Row, slug

SIZES = {"few": 10_000, "default": 1_000_000}
"""How many logins each side has, by the alias of its cache and of its database."""
LOGINS_EACH = 5
ASKED_FOR = 20_000
"""How many logins are asked for, one after the other, before the first one again."""
CALLS = 200
"""How many calls make a round."""

Login = TypeVar("Login")
Prepare = Callable[[Login], Call]
"""Returns what is timed; what it does itself is not."""
Side = Callable[[str], AbstractContextManager[object]]
"""Turns the project to one of the sides."""


def numbers_asked_for(size: int) -> frozenset[int]:
    """Choose among all logins: the last ones stored lie close together."""
    return frozenset(random.sample(range(size), min(size, ASKED_FOR)))


def compare(
    acts: Mapping[str, Prepare[Login]], logins: Mapping[str, list[Login]], side: Side
) -> Iterator[Row]:
    """Yield one row for each act: what it takes among many, in times of among few."""
    for some in logins.values():
        random.shuffle(some)
    for name, prepare in acts.items():
        progress.show(f"a million logins: {name}")
        timings = _timings(prepare, logins, side)
        yield Row.of(
            f"scale.{slug(name)}",
            f"{SIZES['default']:,} logins, {name}",
            timings["default"],
            timings["few"],
            against=f"{SIZES['few']:,} logins",
        )


def _timings(
    prepare: Prepare[Login], logins: Mapping[str, Sequence[Login]], side: Side
) -> dict[str, Timing]:
    rounds: dict[str, list[Round]] = {alias: [] for alias in SIZES}
    turns = {alias: itertools.cycle(logins[alias]) for alias in SIZES}
    for number in range(2 * ROUNDS):
        for alias in list(SIZES)[:: -1 if number % 2 else 1]:
            with side(alias):
                prepare(next(turns[alias]))()  # Which reads the settings anew.
                some = itertools.islice(turns[alias], CALLS)
                rounds[alias].append(time_round([prepare(login) for login in some]))
    return {alias: Timing.of(timed) for alias, timed in rounds.items()}
