"""What attackers reach: each attack is really played, against every mode."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from demo_project.attacks import (
    cross_site_form,
    injected_script,
    stolen_refresh_token,
    stolen_refresh_token_early,
    stolen_session_id,
)
from demo_project.attacks.stage import Stage, Step
from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.compare.servers.at_once import at_once
from demo_project.compare.servers.open_mode import OpenMode

Play = Callable[[Stage], Sequence[Step]]


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One row: what is played, against which mode, and what it is called."""

    row_id: str
    title: str
    how: str
    stories: Callable[[OpenMode], Sequence[tuple[str, Play]]]


def _of_stolen_credential(mode: OpenMode) -> Sequence[tuple[str, Play]]:
    if mode.mode.is_jwt:
        return (
            ("used late: ", stolen_refresh_token.play),
            ("used early: ", stolen_refresh_token_early.play),
        )
    return (("", stolen_session_id.play),)


ATTACKS = (
    Attack(
        row_id="stolen_credential",
        title="A credential is copied, and the copy is used",
        how="a copy on another device, of the session's cookie or of both tokens; late "
        "is after the owner's second refresh, early is after the first",
        stories=_of_stolen_credential,
    ),
    Attack(
        row_id="injected_script",
        title="A script is injected into a page",
        how="it writes a note in the page; then another device goes on with what a "
        "script can read: bodies of answers, and cookies that aren't HttpOnly",
        stories=lambda _mode: [("", injected_script.play)],
    ),
    Attack(
        row_id="cross_site_form",
        title="A form on another site posts to the API",
        how="with the cookies of who is logged in, as if SameSite didn't keep them",
        stories=lambda _mode: [("", cross_site_form.play)],
    ),
)


def measure(run: Run) -> Iterator[Row]:
    """Yield a row for each attack: who was answered what."""
    for attack in ATTACKS:
        run.progress(f"playing the attack {attack.row_id}")
        yield Row(
            id=attack.row_id,
            group="attacks",
            title=attack.title,
            kind=Kind.OBSERVED,
            how=attack.how,
            noise="exact",
            cells=at_once(run.modes, partial(_cell, attack)),
        )


def _cell(attack: Attack, mode: OpenMode) -> Cell:
    stories = [
        heading + ", ".join(str(step) for step in play(mode.stage))
        for heading, play in attack.stories(mode)
    ]
    return Cell(text="; ".join(stories))
