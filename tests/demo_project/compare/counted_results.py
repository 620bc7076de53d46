"""Results of the comparison for tests that need no run."""

from collections.abc import Mapping

from demo_project.compare.result import (
    Cell,
    Kind,
    Machine,
    ModeInfo,
    Result,
    Row,
)

MODES = ("session", "jwt_denylist")


def row(
    row_id: str,
    texts: Mapping[str, str],
    *,
    group: str = "cost",
    kind: Kind = Kind.COUNTED,
) -> Row:
    return Row(
        id=row_id,
        group=group,
        title=f"The row {row_id}",
        kind=kind,
        how="counted",
        noise="exact",
        cells={name: Cell(text=text, value=1.0) for name, text in texts.items()},
    )


def result(*rows: Row) -> Result:
    return Result(
        taken_at="2026-11-01T12:00:00+00:00",
        seconds=12.5,
        quick=True,
        machine=Machine(system="Linux x86_64", processors=2, versions={"Django": "6"}),
        modes=[ModeInfo(name=n, title=n.upper(), explanation=n) for n in MODES],
        rows=rows,
    )
