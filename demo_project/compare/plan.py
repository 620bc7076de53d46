"""How much is measured, and what every measure is given."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from demo_project.compare.result import Row
from demo_project.compare.servers.database import Database
from demo_project.compare.servers.open_mode import OpenMode

Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How often things are done; a slow machine ends the rounds by the clock."""

    rounds: int
    requests_per_round: int
    longest_seconds: float
    """Of the rounds; at least one is made."""
    revocations: int
    logins: int
    refreshes: int
    """Those whose time is taken."""
    growth_refreshes: int
    """Those after which the storage is looked at again."""
    is_quick: bool = False
    """Whether readers are told that timings are rougher than they could be."""
    scale: Sequence[int] = ()
    """How many logins are stored while the rows of the group ``scale`` are made."""


FULL = Plan(
    rounds=24,
    requests_per_round=200,
    longest_seconds=120,
    revocations=9,
    logins=9,
    refreshes=100,
    growth_refreshes=1_000,
)
QUICK = Plan(
    is_quick=True,
    rounds=4,
    requests_per_round=50,
    longest_seconds=15,
    revocations=3,
    logins=3,
    refreshes=20,
    growth_refreshes=100,
)
SCALE = (10_000, 100_000, 1_000_000)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a measure works on: every mode at once, so that it can take turns."""

    plan: Plan
    modes: Sequence[OpenMode]
    database: Database
    progress: Progress


Measure = Callable[[Run], Iterator[Row]]
"""Yields the rows of one subject, each with a cell for every mode."""
