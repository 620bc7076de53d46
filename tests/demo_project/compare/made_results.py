"""Results with chosen figures: what a pure function is given in tests."""

from collections.abc import Mapping

from demo_project.compare.modes import MODES
from demo_project.compare.outages.words import REQUEST, WITH_ROW
from demo_project.compare.result import Cell, Kind, Machine, ModeInfo, Result, Row

SESSIONS = ("session", "session_row")
TOKENS = tuple(mode.name for mode in MODES if mode.is_jwt)
STILL_ACCEPTED = "still accepted after 2 s"


def made_result(without: str = "", **replaced: Mapping[str, Cell]) -> Result:
    """Return a result as the comparison makes them, in what the guide looks at.

    Args:
        without: A row that it doesn't have.
        replaced: Cells by mode, under the row's id, in place of the usual ones.
    """
    rows = _usual_rows() | {
        row_id: _usual_rows().get(row_id, {}) | cells
        for row_id, cells in replaced.items()
    }
    return Result(
        taken_at="2026-11-30T12:00:00+00:00",
        seconds=74.0,
        quick=True,
        machine=Machine(system="Linux x86_64", processors=2, versions={"Python": "3"}),
        modes=[
            ModeInfo(name=mode.name, title=mode.title, explanation=mode.explanation)
            for mode in MODES
        ],
        rows=[
            _row(row_id, cells) for row_id, cells in rows.items() if row_id != without
        ],
    )


def _row(row_id: str, cells: Mapping[str, Cell]) -> Row:
    return Row(
        id=row_id,
        group="cost",
        title=f"The row {row_id}",
        kind=Kind.OBSERVED,
        how="made for a test",
        noise="exact",
        cells=cells,
    )


def _usual_rows() -> dict[str, dict[str, Cell]]:
    asked = {name: _answers(503) for name in (*SESSIONS, *TOKENS)}
    return {
        "share": _each("80 %"),
        "sql": _each("0"),
        "redis": _each("1"),
        "revoke_one": _times(),
        "revoke_all": _times(),
        "redis_stops": asked | {"jwt_refresh_only": _answers(200)},
        "database_stops": asked
        | {name: _answers(200) for name in TOKENS if name != "jwt_row"}
        | {"session": _answers(200, due=503)},
        "second_service": {
            name: Cell(text="401", details={"status": 401}) for name in SESSIONS
        }
        | {name: Cell(text="200", details={"status": 200}) for name in TOKENS},
        "second_service_revoked": {
            name: Cell(text="401, as before", details={"status": 401})
            for name in SESSIONS
        }
        | {
            name: Cell(text="200, until it expires", details={"status": 200})
            for name in TOKENS
        },
        "injected_script": _each("reads nothing"),
        "cross_site_form": _each("nothing is sent"),
        "keys": _each("none"),
    }


def _each(text: str) -> dict[str, Cell]:
    # Told apart, so that a figure of the wrong mode shows.
    return {mode.name: Cell(text=f"{text} ({mode.name})") for mode in MODES}


def _times() -> dict[str, Cell]:
    times = {
        mode.name: Cell(text=f"{number}.5 ms", value=number + 0.5)
        for number, mode in enumerate(MODES)
    }
    return times | {"jwt_refresh_only": Cell(text=STILL_ACCEPTED)}


def _answers(status: int, *, due: int | None = None) -> Cell:
    details = {REQUEST: status}
    text = f"{REQUEST} {status}"
    if due is not None:
        details[WITH_ROW] = due
        text += f", {WITH_ROW} {due}"
    return Cell(
        text=f"{text}, a new login 503", details={**details, "a new login": 503}
    )
