"""The table of requirements, as data."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TABLE = Path("docs/reference/requirements.csv")
COLUMNS = ["id", "app", "level", "requirement", "source", "test", "in_force"]
APPS = {"J", "S", "B", "D"}
LEVELS = {"M", "S", "O"}


class TableError(Exception):
    """The table of requirements is broken; the text names the row."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One requirement."""

    id: str
    app: str
    level: str
    requirement: str
    source: str
    test: str
    in_force: bool

    @property
    def section(self) -> str:
        """The letters before the dash, as in ``RTK-09``."""
        return self.id.partition("-")[0]

    @property
    def must_be_proven(self) -> bool:
        """Whether a full run without a passing test for this row fails."""
        return self.in_force and self.level == "M"


def read_rows(root: Path) -> Sequence[Row]:
    """Read the table below the directory ``root``, in its order.

    Raises:
        TableError: A row is malformed or an id occurs twice.
    """
    with (root / TABLE).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if reader.fieldnames != COLUMNS:
            raise TableError(f"The columns of {TABLE} are not {','.join(COLUMNS)}.")
        rows = [_parse(cells) for cells in reader]
    twice = {row.id for row in rows if [other.id for other in rows].count(row.id) > 1}
    if twice:
        raise TableError(f"{TABLE} has these ids twice: {', '.join(sorted(twice))}.")
    return rows


def _parse(cells: dict[str, str]) -> Row:
    if (
        # A missing cell is None, a surplus one stands under the key None.
        set(cells) != set(COLUMNS)
        or not all(cells.values())
        or cells["app"] not in APPS
        or cells["level"] not in LEVELS
        or cells["in_force"] not in {"yes", "no"}
    ):
        raise TableError(f"Row {cells['id']} of {TABLE} is malformed.")
    in_force = cells["in_force"] == "yes"
    return Row(**{**cells, "in_force": in_force})  # type: ignore[arg-type]  # checked above
