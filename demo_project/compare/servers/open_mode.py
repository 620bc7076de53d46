"""A mode with its server running, and the devices that reach it."""

from contextlib import ExitStack
from dataclasses import dataclass

from demo_project.attacks.stage import Stage
from demo_project.compare.modes import Mode
from demo_project.compare.servers.server import ThrowAwayServer
from demo_project.devices import Device
from demo_project.http_caller import HttpCaller


@dataclass(frozen=True, kw_only=True)
class OpenMode:
    """What is measured: a mode's server; every row drives it through devices."""

    mode: Mode
    server: ThrowAwayServer
    stack: ExitStack
    """Closes the connections in the end."""

    @property
    def name(self) -> str:
        """The mode's name, under which its cells stand."""
        return self.mode.name

    @property
    def stage(self) -> Stage:
        """Return the stage of an attack on this mode's server."""
        return Stage(
            username=self.server.username,
            password=self.server.password,
            open_device=self.open_caller,
            device=self.mode.device,
        )

    def open_caller(self, name: str, *, port: int | None = None) -> HttpCaller:
        """Return a new connection with no credential; ``name`` is its User-Agent."""
        return self.stack.enter_context(self.server.open_device(name, port=port))

    def new_device(self, name: str) -> Device:
        """Return a device that isn't logged in yet."""
        return self.mode.device(self.open_caller(name))

    def logged_in(self, name: str) -> Device:
        """Return a device that is logged in, over a connection of its own.

        Raises:
            RequestFailedError: The login was refused.
        """
        device = self.new_device(name)
        device.log_in(self.server.username, self.server.password)
        return device
