"""Which programs there are, in the order of the table, and what each of them needs."""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec

PROGRAMS = (
    "access_token",
    "known_token",
    "session",
    "user_row",
    "request",
    "refresh",
    "growth",
    "login_size",
    "counts",
    "scale",
    "engines",
)
NEED_POSTGRESQL = frozenset({"growth", "login_size", "scale", "engines"})
"""They ask the server what only PostgreSQL tells, or fill it with a million rows."""
NEED_NO_PEERS = frozenset({"access_token", "scale"})
_PEERS = ("rest_framework_simplejwt", "knox")


def chosen(named: Sequence[str], without: Iterable[str]) -> list[str]:
    """Return the programs to run: those that are named, or all but some."""
    return [name for name in named or PROGRAMS if name not in set(without)]


def peers_are_missing(programs: Iterable[str]) -> bool:
    """Whether something is to be measured against what is not installed."""
    return not set(programs) <= NEED_NO_PEERS and not all(map(find_spec, _PEERS))
