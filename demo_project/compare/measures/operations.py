"""What has to be run, kept and cleaned up for each mode."""

import base64
import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from demo_project.compare.outages.holder import Holder
from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.compare.servers.at_once import at_once
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.compare.stores.raw_content import entries_of, lasting_entries, rows_of
from demo_project.devices import JwtDevice

FAMILIES = "jwtauth_tokenfamily"
"""What jwtauth_purge cleans up, and the denylist with it."""
USES = {"sig": "signing", "refresh": "for refresh tokens", "enc": "for encryption"}


@dataclass(frozen=True, kw_only=True)
class Left:
    """What a login leaves behind when it has ended, and where it can be read."""

    rows: Mapping[str, int]
    """How many more there are, by table."""
    entries: int
    """How many more there are in Redis, in keys that never expire."""
    readable_in: Sequence[str]
    """The stores that hold its credential as it is sent."""


def measure(run: Run) -> Iterator[Row]:
    """Yield keys, secrets and clean-up jobs."""
    run.progress("looking for keys, secrets and leftovers")
    left = at_once(run.modes, _left)
    yield _keys(run)
    yield _secrets(run, left)
    yield _jobs(left)


def _keys(run: Run) -> Row:
    return Row(
        id="keys",
        group="operations",
        title="Keys that must be made, kept and rotated",
        kind=Kind.COUNTED,
        better="lower",
        how="files in the directory of keys, by use; sessions use none, also where the "
        "demo, which has both apps on, made some",
        noise="exact",
        cells={mode.name: _keys_cell(mode) for mode in run.modes},
    )


def _secrets(run: Run, left: Mapping[str, Left]) -> Row:
    return Row(
        id="secrets",
        group="operations",
        title="What must stay secret, besides SECRET_KEY and passwords",
        kind=Kind.OBSERVED,
        how="the signing key, that of refresh tokens, and every store in which the "
        "credential of a login was found as it is sent; all of Redis and of the "
        "database was searched",
        noise="exact",
        cells={mode.name: _secrets_cell(mode, left[mode.name]) for mode in run.modes},
    )


def _jobs(left: Mapping[str, Left]) -> Row:
    return Row(
        id="clean_up_jobs",
        group="operations",
        title="Jobs that clean up, and what a login leaves without them",
        kind=Kind.OBSERVED,
        how="rows of all tables, and entries of Redis in keys that never expire, "
        "counted before a login and after its logout; what guards the login against "
        "guesses has its rows in the same tables in every mode, and adds none",
        noise="exact",
        cells={name: _jobs_cell(each) for name, each in left.items()},
    )


def _left(mode: OpenMode) -> Left:
    redis_url = mode.server.valkey.url
    # The first login of a device may be noted once; the first in a part of the
    # denylist fills that part.
    mode.logged_in("leaver").log_out()
    rows = _counts(mode)
    leaver = Holder.logged_in(mode, "leaver")
    leaver.call()
    entries = lasting_entries(redis_url)
    readable = _readable_in(mode, _credentials(leaver))
    leaver.device.log_out()
    return Left(
        rows=_counts(mode) - rows,
        entries=lasting_entries(redis_url) - entries,
        readable_in=readable,
    )


def _counts(mode: OpenMode) -> Counter[str]:
    return Counter({table: len(rows) for table, rows in rows_of(mode.server).items()})


def _credentials(holder: Holder) -> Sequence[str]:
    if isinstance(holder.device, JwtDevice):
        return [holder.device.access_token, holder.device.refresh_token]
    cookies = holder.recorder.cookies
    return [value for name, value in cookies.items() if "csrftoken" not in name]


def _readable_in(mode: OpenMode, credentials: Sequence[str]) -> Sequence[str]:
    """Name the stores that hold one of the credentials."""
    stores = {
        "Redis": entries_of(mode.server.valkey.url),
        "the database": rows_of(mode.server),
    }
    return [
        name
        for name, stored in stores.items()
        if holds("\n".join(f"{k} {v}" for k, v in stored.items()), credentials)
    ]


def holds(text: str, credentials: Sequence[str]) -> bool:
    """Whether one of them can be read there: as it is sent, or what it spells."""
    return any(
        spelling in text for each in credentials for spelling in _spellings(each)
    )


def _spellings(credential: str) -> Iterator[str]:
    yield credential
    # PostgreSQL shows bytes as hexadecimal digits.
    yield credential.encode().hex()
    with contextlib.suppress(ValueError):
        raw = base64.urlsafe_b64decode(credential + "=" * (-len(credential) % 4))
        yield from (raw.hex(), raw.decode("latin-1"))


def _keys_cell(mode: OpenMode) -> Cell:
    uses = _uses(mode)
    named = ", ".join(f"{count} {USES[use]}" for use, count in uses.items())
    return Cell(
        text=f"{uses.total()}: {named}" if uses else "0",
        value=uses.total(),
        details=dict(uses),
    )


def _uses(mode: OpenMode) -> Counter[str]:
    if not mode.mode.is_jwt:
        return Counter()
    files = sorted((mode.server.directory / "keys").glob("*.json"))
    return Counter(sorted(json.loads(file.read_text())["use"] for file in files))


def _secrets_cell(mode: OpenMode, left: Left) -> Cell:
    keys = _uses(mode).total()
    secret = [f"{keys} keys"] if keys else []
    secret += [f"the credentials in {store}" for store in left.readable_in]
    return Cell(
        text=", ".join(secret) or "nothing: no store holds a usable credential",
        value=keys + len(left.readable_in),
    )


def _jobs_cell(left: Left) -> Cell:
    parts = [f"{table} +{count}" for table, count in left.rows.items()]
    if left.entries:
        parts.append(f"entries of Redis that don't expire +{left.entries}")
    details = {**left.rows, "entries_in_redis": left.entries}
    if not parts:
        text = "none: a login leaves nothing that doesn't expire by itself"
        return Cell(text=text, value=0, details=details)
    jobs = "jwtauth_purge" if FAMILIES in left.rows else "none of ours"
    text = f"{jobs}; without one, for each login: {', '.join(parts)}"
    return Cell(text=text, value=1, details=details)
