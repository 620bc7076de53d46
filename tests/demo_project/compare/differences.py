"""Where a run found something else than what is documented."""

from collections.abc import Iterator

from demo_project.compare.result import Cell, Kind, Result, Row

EXACT = {Kind.COUNTED, Kind.OBSERVED}
ON_REQUEST = "scale"


def differences(
    found: Result, documented: Result, *, has_postgresql: bool
) -> list[str]:
    """Name row, mode, documented and found value of each difference.

    Timings are left out: those of another machine, or another minute, are others.
    """
    ours, theirs = _rows(found), _rows(documented)
    missing = [f"{name}: documented, not found" for name in theirs.keys() - ours.keys()]
    unknown = [f"{name}: found, not documented" for name in ours.keys() - theirs.keys()]
    differing = [
        difference
        for name in ours.keys() & theirs.keys()
        for difference in _between(
            ours[name], theirs[name], has_postgresql=has_postgresql
        )
    ]
    return sorted(missing + unknown + differing)


def _rows(result: Result) -> dict[str, Row]:
    return {row.id: row for row in result.rows if row.group != ON_REQUEST}


def _between(found: Row, documented: Row, *, has_postgresql: bool) -> Iterator[str]:
    if found.kind is not documented.kind:
        yield f"{found.id}: documented as {documented.kind}, found as {found.kind}"
    if documented.kind not in EXACT:
        return
    for mode in documented.cells.keys() | found.cells.keys():
        ours, theirs = found.cells.get(mode), documented.cells.get(mode)
        if _exactly(ours) == _exactly(theirs):
            continue
        if ours is not None and _is_excused(ours, has_postgresql=has_postgresql):
            continue
        yield f"{found.id}, {mode}: documented {theirs}, found {ours}"


def _exactly(cell: Cell | None) -> object:
    # Details have durations too, and the bytes of a table's pages.
    return None if cell is None else (cell.text, cell.value)


def _is_excused(found: Cell, *, has_postgresql: bool) -> bool:
    return not has_postgresql and not found.is_measured
