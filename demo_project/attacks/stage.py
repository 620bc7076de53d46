"""Where an attack is played: who can log in, and from which devices requests come."""

from collections.abc import Callable
from dataclasses import dataclass

from demo_project.devices import Device
from demo_project.http_caller import Caller


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A server, an account on it, and a way to open new devices."""

    username: str
    password: str
    open_device: Callable[[str], Caller]
    """By its name: a connection that carries no credential yet."""
    device: Callable[[Caller], Device]
    """How logins are kept: as tokens, as a session's cookie, as cookies with tokens."""
    prefix: str = ""
    """Of all paths; ``device`` has the same."""

    def logged_in(self, name: str) -> Device:
        """Return a device of the account's owner."""
        return self.log_in(self.open_device(name))

    def log_in(self, caller: Caller) -> Device:
        """Return a device of the account's owner that goes through ``caller``."""
        device = self.device(caller)
        device.log_in(self.username, self.password)
        return device


@dataclass(frozen=True, kw_only=True)
class Step:
    """One request of the attack: who sent what, and the status it got."""

    who: str
    what: str
    status: int

    def __str__(self) -> str:
        """Return the step as the report shows it."""
        return f"{self.who}: {self.what} {self.status}"
