"""Where an attack is played: who can log in, and from which devices requests come."""

from collections.abc import Callable
from dataclasses import dataclass

from demo_project.http_caller import Caller


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A server, an account on it, and a way to open new devices."""

    username: str
    password: str
    open_device: Callable[[str], Caller]
    prefix: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request of the attack: who sent what, and the status it got."""

    who: str
    what: str
    status: int

    def __str__(self) -> str:
        """Return the step as the report shows it."""
        return f"{self.who}: {self.what} {self.status}"
