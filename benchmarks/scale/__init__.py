"""What a million logins cost that ten thousand do not.

Two databases of one server, of Redis and of PostgreSQL alike, filled with copies of a
real login that differ as real ones do. Every call asks for another login: the same one
again would only show how warm a processor's cache can be.

- ``sides``: the two, and how a call is timed on one against the other
- ``sessions``: sessionauth's logins, in Redis
- ``families``: jwtauth's logins, in PostgreSQL, and the denylist
"""

from collections.abc import Iterator

from benchmarks.rows import Row
from benchmarks.scale import families, sessions


def measure() -> Iterator[Row]:
    """Yield a row for each thing that is done to logins."""
    yield from sessions.measure()
    yield from families.measure()
