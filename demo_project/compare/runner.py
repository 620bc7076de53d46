"""Runs the scenario in every mode, round by round, so that noise hits all alike."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from demo_project.attacks.stage import Step
from demo_project.compare.scenario import MODES, Cost, OpenMode, Round
from demo_project.compare.server import throw_away_server

Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is measured; a slow machine ends the rounds by the clock."""

    rounds: int
    requests_per_round: int
    longest_seconds: float
    revocations: int


FULL = Plan(rounds=24, requests_per_round=200, longest_seconds=60, revocations=9)
QUICK = Plan(rounds=4, requests_per_round=50, longest_seconds=10, revocations=3)


@dataclass(kw_only=True)
class Measured:
    """Everything that came out of one mode."""

    first_call: Cost
    later_call: Cost
    rounds: list[Round] = field(default_factory=list)
    revocations: list[float] = field(default_factory=list)
    attacks: dict[str, tuple[Step, ...]] = field(default_factory=dict)


def run(plan: Plan, progress: Progress) -> dict[str, Measured]:
    """Start both modes, drive them, and return what was measured, by mode.

    Raises:
        ServerFailedError: A server didn't start.
        RequestFailedError: A step that the others stand on didn't succeed.
        OSError: A server stopped answering.
    """
    with ExitStack() as stack:
        modes: list[OpenMode] = []
        for mode in MODES:
            progress(f"starting the demo with {mode.name}")
            server = stack.enter_context(throw_away_server(mode.name))
            modes.append(OpenMode(mode, server, stack))
        return _drive(modes, plan, progress)


def _drive(
    modes: list[OpenMode], plan: Plan, progress: Progress
) -> dict[str, Measured]:
    progress("counting SQL statements and Redis round trips")
    measured = {mode.mode.name: _count(mode) for mode in modes}
    for number in _rounds(plan):
        progress(f"requests per second, round {number + 1} of {plan.rounds}")
        for mode in modes:
            result = mode.measure(plan.requests_per_round)
            measured[mode.mode.name].rounds.append(result)
    for number in range(plan.revocations):
        progress(f"revoking a login, {number + 1} of {plan.revocations}")
        for mode in modes:
            measured[mode.mode.name].revocations.append(mode.time_revocation())
    for mode in modes:
        for title, attack in mode.mode.attacks:
            progress(f"stealing a credential of {mode.mode.name}, {title}")
            measured[mode.mode.name].attacks[title] = mode.play(attack)
    return measured


def _rounds(plan: Plan) -> Iterator[int]:
    """Count the rounds of the plan, or those that the time allows, at least one."""
    deadline = time.monotonic() + plan.longest_seconds
    for number in range(plan.rounds):
        if number and time.monotonic() > deadline:
            return
        yield number


def _count(mode: OpenMode) -> Measured:
    mode.warm_up()
    return Measured(
        first_call=mode.cost_of_first_call(), later_call=mode.cost_of_later_call()
    )
