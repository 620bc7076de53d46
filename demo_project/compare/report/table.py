"""The result as text for the terminal."""

from collections.abc import Iterator, Sequence
from textwrap import indent

from demo_project.compare.result import GROUPS, Machine, ModeInfo, Result, Row


def as_table(result: Result) -> str:
    """Return the rows group by group, each followed by how it was measured."""
    blocks = [machine_line(result.machine)]
    for group, heading in GROUPS.items():
        rows = [row for row in result.rows if row.group == group]
        if rows:
            blocks.append(f"== {heading} ==")
            blocks += ["\n".join(_lines(row, result.modes)) for row in rows]
    return "\n\n".join(blocks) + "\n"


def machine_line(machine: Machine) -> str:
    """Name what the figures were taken on, in a line."""
    software = ", ".join(f"{name} {v}" for name, v in machine.versions.items())
    return f"{machine.system}, {machine.processors} processors, {software}"


def _lines(row: Row, modes: Sequence[ModeInfo]) -> Iterator[str]:
    width = max(len(mode.title) for mode in modes) + 2
    yield row.title
    for mode in modes:
        yield indent(f"{mode.title:<{width}}{row.cells[mode.name].text}", "  ")
    yield f"  ({row.kind}: {row.how}; {row.noise})"
