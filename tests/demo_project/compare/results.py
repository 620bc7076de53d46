"""Results as the comparison makes them, small and made by hand."""

from collections.abc import Mapping
from typing import Any

from demo_project.compare.result import Cell, Kind, Machine, ModeInfo, Result, Row

MODES = (
    ModeInfo(name="session", title="session", explanation="sessionauth as it comes"),
    ModeInfo(name="jwt", title="jwt, denylist", explanation="jwtauth as it comes"),
)


def cell(value: float | None, text: str = "", **others: object) -> Cell:
    fields: dict[str, Any] = {"text": text or f"{value} ms", "value": value}
    return Cell(**fields | others)


def row(cells: Mapping[str, Cell] | None = None, **others: object) -> Row:
    """A timed row, unless it is asked to be another."""
    fields: dict[str, Any] = {
        "id": "p50",
        "group": "speed",
        "title": "A request in the middle",
        "kind": Kind.TIMED,
        "unit": "ms",
        "better": "lower",
        "how": "api/me/, one client",
        "noise": "median and quartiles of 4 rounds",
        "cells": cells
        or {
            "session": cell(3.0, "3.0 ms (2.5 to 4.0)", low=2.5, high=4.0),
            "jwt": cell(6.0, "6.0 ms (5.0 to 8.0)", low=5.0, high=8.0),
        },
    }
    return Row(**fields | others)


def words(text: str, **others: object) -> Row:
    """A row that has no numbers."""
    cells = {mode.name: Cell(text=text) for mode in MODES}
    fields = {"id": "keys", "group": "operations", "kind": Kind.OBSERVED, "unit": ""}
    return row(cells, **fields | {"title": "Keys", "better": "", **others})


def counted(
    row_id: str,
    texts: Mapping[str, str],
    *,
    group: str = "cost",
    kind: Kind = Kind.COUNTED,
) -> Row:
    """A row that is exact, by the texts of its modes."""
    cells = {mode: Cell(text=text, value=1.0) for mode, text in texts.items()}
    title = f"The row {row_id}"
    return Row(
        id=row_id,
        group=group,
        title=title,
        kind=kind,
        how="counted",
        noise="exact",
        cells=cells,
    )


def result(*rows: Row, **others: object) -> Result:
    fields: dict[str, Any] = {
        "taken_at": "2026-03-01T12:34:56+00:00",
        "seconds": 154.6,
        "quick": True,
        "machine": Machine(
            system="Linux x86_64",
            processors=2,
            versions={"Python": "3.11.7", "Django": "5.2.19"},
        ),
        "modes": MODES,
        "rows": rows or (row(), words("SECRET_KEY")),
    }
    return Result(**fields | others)
