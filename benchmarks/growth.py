"""What a refresh asks of PostgreSQL, and what it leaves behind there."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework_simplejwt.token_blacklist.models import (
    BlacklistedToken,
    OutstandingToken,
)

from benchmarks import credentials, peer_credentials, tables
from benchmarks.comparison import Call
from benchmarks.in_process import InProcess
from benchmarks.rows import Row, slug
from benchmarks.tables import Models
from jwtauth.models import TokenFamily

LOGINS = 20
# A row that is rewritten in place needs room for two versions, once.
REFRESHES_BEFORE = 10
REFRESHES = 25
UNITS = ("statements", "commits", "rows", "bytes")


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """What one refresh takes."""

    statements: float
    """Those that open and end transactions included, as each is a round trip."""
    commits: float
    rows: float
    bytes: float


def measure() -> Iterator[Row]:
    """Yield ours beside simplejwt's, one row for each figure."""
    users = [User.objects.create_user(f"growth-{number}") for number in range(LOGINS)]
    worker = InProcess()
    ours = [credentials.jwtauth_tokens(user).refresh_token for user in users]
    theirs = [peer_credentials.simplejwt_refresh_token(user) for user in users]
    footprint = _footprint(
        [worker.refresher("/jwt/token/refresh/", token) for token in ours],
        [TokenFamily],
    )
    other = _footprint(
        [worker.refresher("/simplejwt/refresh/", token) for token in theirs],
        [OutstandingToken, BlacklistedToken],
    )
    for who, one in {"jwtauth": footprint, "simplejwt rotate+blacklist": other}.items():
        for unit in UNITS:
            yield Row(
                id=f"growth.{slug(who)}-{unit}",
                what=f"refresh, PostgreSQL {unit}, {who}",
                figure=getattr(one, unit),
                unit="",
                against=f"{LOGINS * REFRESHES} refreshes",
            )


def _footprint(logins: Sequence[Call], models: Models) -> Footprint:
    for refresh in logins:
        _repeat(refresh, REFRESHES_BEFORE)
    rows, size = tables.rows(models), tables.size(models)
    asked = [_asked(refresh) for refresh in logins]
    refreshes = len(logins) * REFRESHES
    return Footprint(
        # The median: PostgreSQL's own housekeeping writes now and then.
        statements=statistics.median(statements for statements, _ in asked),
        commits=statistics.median(commits for _, commits in asked),
        rows=(tables.rows(models) - rows) / refreshes,
        bytes=(tables.size(models) - size) / refreshes,
    )


def _asked(refresh: Call) -> tuple[float, float]:
    """Return the statements and the commits that a refresh of one login takes."""
    before = tables.writing_transactions()
    with CaptureQueriesContext(connection) as captured:
        _repeat(refresh, REFRESHES)
    commits = tables.writing_transactions() - before
    return len(captured) / REFRESHES, commits / REFRESHES


def _repeat(call: Call, times: int) -> None:
    for _ in range(times):
        call()
