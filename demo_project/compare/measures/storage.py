"""What a login leaves in the stores, and whether that grows while it is used."""

from collections.abc import Callable, Iterator, Mapping

from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.compare.servers.at_once import at_once
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.compare.stores.stored_login import StoredLogin

PROGRAM = "demo_project.compare.stores.probe"
ONE_LOGIN = "a login and its first request, the only login of its user"
NO_GROWTH = "no keys, no rows, no bytes"

Figures = Mapping[str, StoredLogin]
"""By the mode's name."""


def measure(run: Run) -> Iterator[Row]:
    """Yield what is in Redis, in the database, what both take, and the growth."""
    run.progress("looking into the stores")
    uses = run.plan.growth_refreshes
    found = at_once(run.modes, lambda mode: _stored(mode, uses))
    yield _redis_row(found)
    yield _database_row(found)
    yield _bytes_row(found, run.database.name)
    yield _growth_row(found, uses)


def _stored(mode: OpenMode, uses: int) -> StoredLogin:
    server = mode.server
    arguments = (mode.name, str(server.port), server.username, str(uses))
    printed = server.run(PROGRAM, *arguments, text=server.password)
    return StoredLogin.from_json(printed)


def _redis_row(found: Figures) -> Row:
    return Row(
        id="stored_redis",
        group="storage",
        title="Stored in Redis by a login",
        kind=Kind.COUNTED,
        unit="bytes",
        better="lower",
        how=f"{ONE_LOGIN}: the names of its keys, with the user's list of logins, and "
        "all that is written in them, 8 bytes for a score; of what all users share, "
        "the list of last logins and the denylist, its own entries alone; the time of "
        "the last use, 14 bytes from the second minute on, is left out",
        noise="exact",
        cells=_cells(redis_cell, found),
    )


def _database_row(found: Figures) -> Row:
    return Row(
        id="stored_database",
        group="storage",
        title="Stored in the database by a login",
        kind=Kind.COUNTED,
        unit="rows",
        better="lower",
        how=f"{ONE_LOGIN}: the rows that have come to any table; their bytes are those "
        "of the values, 8 for a number or an instant; left out is what the guard "
        "against guessing keeps of a name and an address, however often they log in",
        noise="exact",
        cells=_cells(database_cell, found),
    )


def _bytes_row(found: Figures, database: str) -> Row:
    return Row(
        id="stored_bytes",
        group="storage",
        title="Memory and disk that a login takes",
        kind=Kind.MEASURED,
        unit="bytes",
        better="lower",
        how="MEMORY USAGE of the login's keys in Redis, and what 2,000 more logins, "
        f"five a user, add to the table and its indexes in {database}, for each",
        noise="memory is the same in every run, disk differs by a few pages for all; "
        "both depend on the servers' versions",
        cells=_cells(bytes_cell, found),
    )


def _growth_row(found: Figures, uses: int) -> Row:
    return Row(
        id="growth",
        group="storage",
        title="Stored in addition after many refreshes",
        kind=Kind.COUNTED,
        unit="bytes",
        better="lower",
        how="the same login, then refreshed many times, or used for as many requests "
        "where there is nothing to refresh; counted as above",
        noise=f"exact; after {uses:,}",
        cells=_cells(growth_cell, found),
    )


def _cells(cell: Callable[[StoredLogin], Cell], found: Figures) -> dict[str, Cell]:
    return {name: cell(stored) for name, stored in found.items()}


def redis_cell(stored: StoredLogin) -> Cell:
    """Return what stands in the row for Redis."""
    login, left = stored.login, stored.logout.redis_bytes
    text = f"{_count(login.redis_keys, 'key')}, {login.redis_bytes} bytes"
    if not login.redis_keys:
        text = f"nothing until it ends, then {left} bytes" if left > 0 else "nothing"
    return Cell(
        text=text,
        value=login.redis_bytes,
        details={"keys": login.redis_keys, "bytes_added_by_logout": max(left, 0)},
    )


def database_cell(stored: StoredLogin) -> Cell:
    """Return what stands in the row for the database."""
    rows = stored.login.rows
    named = (f"{_count(n, 'row')} in {table}" for table, n in sorted(rows.items()))
    return Cell(
        text="; ".join(named) or "no rows",
        value=sum(rows.values()),
        details={"bytes": stored.login.row_bytes, **rows},
    )


def bytes_cell(stored: StoredLogin) -> Cell:
    """Return what stands in the row for memory and disk."""
    memory, disk = stored.memory_bytes, stored.disk_bytes
    parts = [
        f"{size:.0f} bytes {where}"
        for size, where in ((memory, "of memory"), (disk, "on disk"))
        if size
    ]
    return Cell(
        text=", ".join(parts),
        value=memory + disk,
        details={"memory_bytes": memory, "disk_bytes": disk},
    )


def growth_cell(stored: StoredLogin) -> Cell:
    """Return what stands in the row for the growth."""
    grown = stored.uses
    rows, total = sum(grown.rows.values()), grown.redis_bytes + grown.row_bytes
    counts = f"{_count(grown.redis_keys, 'key')}, {_count(rows, 'row')}"
    has_grown = any((grown.redis_keys, rows, grown.redis_bytes, grown.row_bytes))
    return Cell(
        text=f"{counts}, {total:+} bytes" if has_grown else NO_GROWTH,
        value=total,
        details={
            "keys": grown.redis_keys,
            "rows": rows,
            "redis_bytes": grown.redis_bytes,
            "row_bytes": grown.row_bytes,
            # Of pages, which are freed and taken as the database sees fit.
            "disk_bytes": stored.disk_growth_bytes,
        },
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
