"""Where the time of a row goes: ``python -m benchmarks --profile ROW``."""

import cProfile
import pstats
import sys
from collections.abc import Iterable

from benchmarks.comparison import Call, Comparison
from benchmarks.rows import Row

CALLS = 500
LINES = 15


def write_report(measured: Iterable[Comparison | Row], wanted: str) -> None:
    """Print the most expensive functions of every row whose name has ``wanted``."""
    for item in measured:
        if not isinstance(item, Comparison):
            continue
        for contender, call in item.contenders.items():
            name = item.name_of(contender)
            if wanted in name:
                sys.stdout.write(f"{name}, {CALLS} calls\n")
                _profile(call)


def _profile(call: Call) -> None:
    call()  # What is made once is of no interest.
    with cProfile.Profile() as profile:
        for _ in range(CALLS):
            call()
    pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(LINES)
