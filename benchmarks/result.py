"""What a run has found: as a table, and as the file that documents quote."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

from benchmarks.budgets import not_measured
from benchmarks.rows import Row, table

FORMAT = 1
_DERIVED = {"budget", "verdict"}
"""For readers of the file alone."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """Every row of a run, and what it was taken on."""

    measured_on: date
    machine: Mapping[str, str]
    rows: Sequence[Row]

    @property
    def not_measured(self) -> list[str]:
        """The ids of the rows that have a budget and are not there."""
        return not_measured(row.id for row in self.rows)

    def row(self, row_id: str) -> Row | None:
        """Return one row; None where the run didn't have it."""
        return next((row for row in self.rows if row.id == row_id), None)

    def machine_line(self) -> str:
        """Return what it was taken on as one line."""
        return ", ".join(f"{name} {value}" for name, value in self.machine.items())

    def as_table(self) -> str:
        """Return all of it as text."""
        lines = [
            self.machine_line(),
            f"{self.measured_on}; medians of interleaved rounds",
            "",
            table(self.rows),
        ]
        if self.not_measured:
            left_out = ", ".join(self.not_measured)
            lines += ["", f"Budgets that were not measured: {left_out}"]
        return "\n".join([*lines, ""])

    def as_json(self) -> str:
        """Return all of it as JSON."""
        content = {
            "format": FORMAT,
            "measured_on": self.measured_on.isoformat(),
            "machine": dict(self.machine),
            "rows": [
                asdict(row) | {"budget": row.budget, "verdict": row.verdict}
                for row in self.rows
            ],
            "not_measured": self.not_measured,
        }
        return json.dumps(content, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``as_json`` wrote; budgets are those of today.

        Raises:
            ValueError: it is no such file, or one of another format.
        """
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise ValueError(f"it has another format than {FORMAT}")
            return cls(
                measured_on=date.fromisoformat(content["measured_on"]),
                machine=content["machine"],
                rows=[_row(row) for row in content["rows"]],
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"it is no result of make bench: {error!r}") from None


def _row(content: dict[str, Any]) -> Row:
    return Row(**{key: content[key] for key in content.keys() - _DERIVED})
