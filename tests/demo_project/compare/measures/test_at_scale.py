"""The rows of ``--scale``, in small, on real servers."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from demo_project.compare.fill.filled_mode import FilledMode
from demo_project.compare.measures import at_scale
from demo_project.compare.modes import MODES
from demo_project.compare.plan import QUICK, Run
from demo_project.compare.result import Row
from demo_project.compare.runner import open_modes

TINY = replace(QUICK, scale=(20, 40), logins=1, refreshes=3)
NAMES = ("session", "jwt_cookies")


def test_nothing_is_stored_unless_asked_for() -> None:
    """A million logins take minutes and gigabytes."""
    plan = replace(TINY, scale=())
    run = Run(plan=plan, modes=(), database=None, progress=print)  # type: ignore[arg-type] # never asked

    assert list(at_scale.measure(run)) == []


@pytest.mark.slow
@pytest.mark.serial
def test_each_size_has_its_rows_and_as_many_logins() -> None:
    """A number beside a size must be of that size."""
    said: list[str] = []
    modes = [mode for mode in MODES if mode.name in NAMES]

    with open_modes(modes, said.append) as (opened, database):
        run = Run(plan=TINY, modes=opened, database=database, progress=said.append)
        rows = list(at_scale.measure(run))
        devices_ids = [_ids_that_call(FilledMode(mode)) for mode in opened]

    assert [row.id for row in rows] == [
        f"{what}_at_{size}"
        for size in (20, 40)
        for what in ("share", "refresh", "login", "stored")
    ]
    assert {row.group for row in rows} == {"scale"}
    assert all(tuple(row.cells) == NAMES for row in rows)
    assert [_texts_of_sessions(rows, size) for size in (20, 40)] == [
        "nothing to refresh"
    ] * 2
    assert all(row.cells["jwt_cookies"].value for row in rows)
    assert "storing logins in every mode: 20 to 40 of 40" in said
    # Two more are asked for, of two users who come in turns.
    assert [len(set(ids)) for ids in devices_ids] == [2, 2]


def _texts_of_sessions(rows: Sequence[Row], size: int) -> str:
    [row] = [row for row in rows if row.id == f"refresh_at_{size}"]
    return row.cells["session"].text


def _ids_that_call(mode: FilledMode) -> list[int]:
    """Return who the server says is calling, when ten more logins are stored."""
    mode.fill(60, 2)
    mode.open()
    answers = [mode.next_device().call("me/") for _ in range(4)]
    assert [answer.status for answer in answers] == [200] * 4
    return [json.loads(answer.content)["id"] for answer in answers]
