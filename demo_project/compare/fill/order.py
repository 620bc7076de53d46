"""What is to be filled in, and what is told of it: both travel as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Self

LOGINS_EACH = 5
"""How many logins a user has."""


@dataclass(frozen=True, kw_only=True)
class FillOrder:
    """How many logins there are to be in the end."""

    stored: int
    """With those that are there already; where there are more, nothing is done."""
    known: int
    """For how many of those that are added a credential is wanted."""
    username: str
    """Whose newest login is copied."""

    def to_json(self) -> str:
        """Return what the program reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote."""
        return cls(**json.loads(text))

    def every(self, missing: int) -> int:
        """Return the distance of the known logins: they lie all over the store."""
        return max(1, missing // self.known) if self.known else missing + 1


@dataclass(frozen=True, kw_only=True)
class FilledLogin:
    """A login that is stored, and what proves it."""

    username: str
    """Has the password of the user whose login was copied."""
    credential: str = field(repr=False)
    """The session's id, or the refresh token."""


def to_json(logins: Sequence[FilledLogin]) -> str:
    """Return what the program prints."""
    return json.dumps([asdict(login) for login in logins])


def from_json(text: str) -> list[FilledLogin]:
    """Read what the program printed."""
    return [FilledLogin(**login) for login in json.loads(text)]
