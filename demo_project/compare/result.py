"""What the comparison finds: rows of cells, one cell a mode; written and read as JSON.

The file's shape is described by ``result.schema.json`` beside this module.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

FORMAT = 1
NOT_MEASURED = "not measured"
"""How the text of a cell begins that says why there is nothing."""

Figure = float | int | str | bool | None


class Kind(StrEnum):
    """How far a row can be trusted to come out the same again."""

    TIMED = "timed"
    """By the clock: noisy, and another machine's differ."""
    COUNTED = "counted"
    """Exact: the same on every machine with the same versions."""
    MEASURED = "measured"
    """A size that depends on the servers' versions."""
    OBSERVED = "observed"
    """What was answered: exact, in words."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one mode has in one row."""

    text: str
    """As it is shown, unit included; ``not measured: <reason>`` where it wasn't."""
    value: float | None = None
    """What a chart draws, in the row's unit; None where there is no number."""
    low: float | None = None
    """The lower quartile of the repeats, where there were any."""
    high: float | None = None
    """The upper quartile of the repeats."""
    details: Mapping[str, Figure] = field(default_factory=dict)
    """Further figures by name, for readers of the file and for other rows' texts."""

    @property
    def is_measured(self) -> bool:
        """Whether there is anything: something may be missing on this machine."""
        return not self.text.startswith(NOT_MEASURED)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the comparison."""

    id: str
    """Stable: documents and the decision guide find the row by it."""
    group: str
    """The heading that it stands under: one of ``GROUPS``."""
    title: str
    kind: Kind
    unit: str = ""
    """Of the cells' values: one of ``UNITS``."""
    better: str = ""
    """``higher``, ``lower``, or nothing where neither is."""
    how: str
    """How it was measured, in a sentence."""
    noise: str
    """How noisy it was, in a phrase: ``exact``, or quartiles and repeats."""
    cells: Mapping[str, Cell]
    """By the mode's name; every mode has one."""


UNITS = ("", "%", "ms", "MB", "bytes", "rows")
"""Nothing is for plain counts."""
GROUPS: Mapping[str, str] = {
    "speed": "Speed of a request",
    "cost": "What a request costs",
    "login": "Logging in and staying in",
    "storage": "What is stored",
    "revocation": "Ending a login",
    "outage": "When something stops",
    "services": "More than one service",
    "attacks": "What attackers reach",
    "operations": "What has to be run",
    "scale": "With many logins stored",
}


@dataclass(frozen=True, kw_only=True)
class ModeInfo:
    """A column: what the mode is called and how it differs from the others."""

    name: str
    title: str
    explanation: str


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the figures were taken on."""

    system: str
    processors: int
    versions: Mapping[str, str]
    """By name: Python, Django, the server behind Redis, the database, and others."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A whole run."""

    taken_at: str
    """When it ended: ISO 8601, UTC."""
    seconds: float
    """How long it took."""
    quick: bool
    machine: Machine
    modes: Sequence[ModeInfo]
    rows: Sequence[Row]

    def row(self, row_id: str) -> Row | None:
        """Return one row; None where the run didn't have it (``scale``)."""
        return next((row for row in self.rows if row.id == row_id), None)

    def to_json(self) -> str:
        """Return the text of the file."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote.

        Raises:
            ValueError: It is no such file, or one of another format.
        """
        try:
            content = json.loads(text)
            if content.pop("format") != FORMAT:
                raise ValueError(f"It has another format than {FORMAT}.")
            return cls(
                **content
                | {
                    "machine": Machine(**content["machine"]),
                    "modes": [ModeInfo(**mode) for mode in content["modes"]],
                    "rows": [_row(row) for row in content["rows"]],
                }
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"It is no result of the comparison: {error}.") from None


def _row(content: Mapping[str, Any]) -> Row:
    cells = {name: Cell(**cell) for name, cell in content["cells"].items()}
    return Row(**{**content, "kind": Kind(content["kind"]), "cells": cells})
