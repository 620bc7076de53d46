"""What was measured, as rows; rows as a table for the terminal and as JSON."""

import json
import os
import platform
import statistics
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from demo_project.attacks.stage import Step
from demo_project.compare.runner import Measured

NAMED_VERSIONS = ("django", "djangorestframework", "redis", "granian")
NO_VALUE = "-"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the comparison: a text for each mode, and how it came about."""

    title: str
    how: str
    cells: Mapping[str, str]
    values: Mapping[str, object]


def build_rows(measured: Mapping[str, Measured]) -> list[Row]:
    """Return the rows in the order in which they are shown."""
    return [
        _speed_row(measured),
        _cost_row(measured, "sql", "SQL statements per request"),
        _cost_row(measured, "redis", "Redis round trips per request"),
        _revocation_row(measured),
        *_attack_rows(measured),
    ]


def as_table(rows: Iterable[Row], modes: Sequence[str]) -> str:
    """Return the rows as text, each followed by how it was measured."""
    blocks = [f"{machine()}\n"]
    for row in rows:
        lines = [row.title, *(f"  {mode:<9}{row.cells[mode]}" for mode in modes)]
        blocks.append("\n".join([*lines, f"  ({row.how})", ""]))
    return "\n".join(blocks)


def as_json(rows: Iterable[Row]) -> str:
    """Return the rows as JSON."""
    content = {"machine": machine(), "rows": [asdict(row) for row in rows]}
    return json.dumps(content, indent=2) + "\n"


def write_whole(path: Path, content: str) -> None:
    """Write ``path`` in one step: whoever looks sees the old file or the new one."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        # mkstemp() makes private files; a report is no secret.
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def machine() -> str:
    """Name what the numbers were taken on."""
    software = ", ".join(f"{name} {version(name)}" for name in NAMED_VERSIONS)
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}, {software}"
    )


def _speed_row(measured: Mapping[str, Measured]) -> Row:
    shares = {mode: [r.share for r in m.rounds] for mode, m in measured.items()}
    rounds = len(next(iter(shares.values())))
    values = {
        mode: {
            "share": statistics.median(shares[mode]),
            "lowest": min(shares[mode]),
            "highest": max(shares[mode]),
            "me_per_second": statistics.median(r.me for r in m.rounds),
            "public_per_second": statistics.median(r.public for r in m.rounds),
        }
        for mode, m in measured.items()
    }
    cells = {
        mode: f"{v['share']:.0%} of api/public/ ({v['lowest']:.0%} to "
        f"{v['highest']:.0%}); {v['me_per_second']:.0f}/s of "
        f"{v['public_per_second']:.0f}/s"
        for mode, v in values.items()
    }
    return Row(
        title="Requests per second of api/me/",
        how="one client, one connection, both views in turns; median, lowest and "
        f"highest of {rounds} rounds, which alternate between the modes",
        cells=cells,
        values=values,
    )


def _cost_row(measured: Mapping[str, Measured], what: str, title: str) -> Row:
    values = {
        mode: {"later": asdict(m.later_call)[what], "first": asdict(m.first_call)[what]}
        for mode, m in measured.items()
    }
    return Row(
        title=title,
        how="counted inside the server on api/me/; a jwt's first call may meet a shard "
        "of the denylist that has to be filled, 256 times in the life of Redis",
        cells={
            mode: f"{v['later']} (first call after login: {v['first']})"
            for mode, v in values.items()
        },
        values=values,
    )


def _revocation_row(measured: Mapping[str, Measured]) -> Row:
    times = {mode: [s * 1000 for s in m.revocations] for mode, m in measured.items()}
    repeats = len(next(iter(times.values())))
    return Row(
        title="Milliseconds from revocation to the first 401",
        how="from sending the logout to holding the refusal, on another connection "
        f"that keeps calling; median, lowest and highest of {repeats}",
        cells={
            mode: f"{statistics.median(t):.1f} ({min(t):.1f} to {max(t):.1f})"
            for mode, t in times.items()
        },
        values={
            mode: {"median": statistics.median(t), "lowest": min(t), "highest": max(t)}
            for mode, t in times.items()
        },
    )


def _attack_rows(measured: Mapping[str, Measured]) -> list[Row]:
    return [
        Row(
            title=f"Stolen credential of {mode}, {title}",
            how="really played, from two devices",
            cells={m: _story(steps) if m == mode else NO_VALUE for m in measured},
            values={mode: [asdict(step) for step in steps]},
        )
        for mode, m in measured.items()
        for title, steps in m.attacks.items()
    ]


def _story(steps: Sequence[Step]) -> str:
    return ", ".join(str(step) for step in steps)
