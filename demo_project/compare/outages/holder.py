"""Somebody with a login of a mode, and all that the server answered them."""

import contextlib
from dataclasses import dataclass
from typing import Self, cast

from demo_project.compare.servers.open_mode import OpenMode
from demo_project.devices import Device, RefreshingDevice, RequestFailedError
from demo_project.recorder import Recorder


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A device, and the caller that it goes through."""

    device: Device
    recorder: Recorder

    @classmethod
    def of(cls, mode: OpenMode, name: str) -> Self:
        """Return one who isn't logged in yet."""
        recorder = Recorder(mode.open_caller(name))
        return cls(device=mode.mode.device(recorder), recorder=recorder)

    @classmethod
    def logged_in(cls, mode: OpenMode, name: str) -> Self:
        """Return one who is logged in.

        Raises:
            RequestFailedError: The login was refused.
        """
        holder = cls.of(mode, name)
        holder.device.log_in(mode.server.username, mode.server.password)
        return holder

    def try_to_log_in(self, mode: OpenMode) -> int:
        """Return how a login was answered, whatever it was."""
        with contextlib.suppress(RequestFailedError):
            self.device.log_in(mode.server.username, mode.server.password)
        return self.recorder.answers[-1].status

    def call(self) -> int:
        """Return how a request with the login is answered."""
        return self.device.call("me/").status

    def refresh(self) -> int:
        """Return how a refresh is answered; for modes that have refresh tokens."""
        return cast("RefreshingDevice", self.device).refresh().status
