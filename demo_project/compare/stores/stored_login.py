"""What one login leaves in the stores: ``stored`` finds it, ``storage`` shows it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Added:
    """What has come to the stores between two looks."""

    redis_keys: int
    redis_bytes: int
    rows: Mapping[str, int]
    """By table, where any have come."""
    row_bytes: int


@dataclass(frozen=True, kw_only=True)
class StoredLogin:
    """What each step added."""

    login: Added
    """By the login and its first request."""
    uses: Added
    """By many refreshes after that, or where there are none by as many requests."""
    logout: Added
    memory_bytes: int
    """Of the login's keys in Redis, as the server says itself."""
    disk_bytes: float
    """Of a login in the database, among many."""
    disk_growth_bytes: int
    """Of the table of logins, by the many refreshes."""

    def to_json(self) -> str:
        """Return what the program prints."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote."""
        content = json.loads(text)
        for step in ("login", "uses", "logout"):
            content[step] = Added(**content[step])
        return cls(**content)
