"""A result as templates want it: in the order of the page, and all of it text.

Numbers would be written as the visitor's language has them, and asked of settings that
the command doesn't load.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.safestring import SafeString

from demo_project.compare.report.charts import chart, figure
from demo_project.compare.result import GROUPS, Cell, Kind, ModeInfo, Result, Row

MEANINGS = {
    Kind.TIMED: "by the clock: noisy, and another machine's differ",
    Kind.COUNTED: "exact: the same on every machine with the same versions",
    Kind.OBSERVED: "what was answered, in words: exact",
    Kind.MEASURED: "a size that depends on the servers' versions",
}


@dataclass(frozen=True, kw_only=True)
class PresentedCell:
    """What one mode has in a row."""

    mode: str
    """The mode's title."""
    text: str
    """All of it; ``figure`` and ``remark`` are its two parts."""
    figure: str
    remark: str
    """What stands in brackets behind a number: its quartiles, for instance."""
    is_measured: bool


@dataclass(frozen=True, kw_only=True)
class PresentedRow:
    """One line of the comparison."""

    id: str
    title: str
    kind: str
    better: str
    """Which end of a chart is the good one, in words, where there is one."""
    how: str
    noise: str
    chart: SafeString
    """SVG, escaped; nothing where no cell has a number."""
    cells: Sequence[PresentedCell]
    """In the order of the modes."""


@dataclass(frozen=True, kw_only=True)
class PresentedGroup:
    """Rows under one heading."""

    id: str
    heading: str
    rows: Sequence[PresentedRow]

    @property
    def charts(self) -> Sequence[PresentedRow]:
        """The rows that have a chart."""
        return [row for row in self.rows if row.chart]


@dataclass(frozen=True, kw_only=True)
class PresentedKind:
    """How far a row of this kind can be trusted to come out the same again."""

    name: str
    meaning: str


@dataclass(frozen=True, kw_only=True)
class PresentedVersion:
    """Of a program or a library."""

    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Presented:
    """A whole result."""

    taken_at: str
    taken_at_iso: str
    duration: str
    quick: bool
    system: str
    processors: str
    versions: Sequence[PresentedVersion]
    modes: Sequence[ModeInfo]
    kinds: Sequence[PresentedKind]
    """Those that occur."""
    groups: Sequence[PresentedGroup]
    """Those that have rows."""


def present(result: Result) -> Presented:
    """Return the result, ready for templates.

    Raises:
        ValueError: ``taken_at`` is no instant.
    """
    machine = result.machine
    return Presented(
        taken_at=_instant(result.taken_at),
        taken_at_iso=result.taken_at,
        duration=_duration(result.seconds),
        quick=result.quick,
        system=machine.system,
        processors=str(machine.processors),
        versions=[
            PresentedVersion(name=name, version=version)
            for name, version in machine.versions.items()
        ],
        modes=result.modes,
        kinds=[
            PresentedKind(name=kind.value, meaning=meaning)
            for kind, meaning in MEANINGS.items()
            if any(row.kind is kind for row in result.rows)
        ],
        groups=list(_groups(result)),
    )


def _groups(result: Result) -> Iterator[PresentedGroup]:
    for group, heading in GROUPS.items():
        rows = [_row(row, result.modes) for row in result.rows if row.group == group]
        if rows:
            yield PresentedGroup(id=group, heading=heading, rows=rows)


def _row(row: Row, modes: Sequence[ModeInfo]) -> PresentedRow:
    return PresentedRow(
        id=row.id,
        title=row.title,
        kind=row.kind.value,
        better=f"{row.better} is better" if row.better else "",
        how=row.how,
        noise=row.noise,
        chart=SafeString(chart(row, modes)),
        cells=[_cell(mode, row.cells[mode.name]) for mode in modes],
    )


def _cell(mode: ModeInfo, cell: Cell) -> PresentedCell:
    return PresentedCell(
        mode=mode.title,
        text=cell.text,
        figure=figure(cell),
        remark=cell.text.removeprefix(figure(cell)).lstrip(),
        is_measured=cell.is_measured,
    )


def _instant(iso: str) -> str:
    return datetime.fromisoformat(iso).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
