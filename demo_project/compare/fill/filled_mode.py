"""A mode whose stores are filled, and a device that is another login at every turn."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from demo_project.compare.fill.order import FilledLogin, FillOrder, from_json
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.compare.servers.server import ServerFailedError
from demo_project.devices import BROWSER, Device, JwtDevice
from demo_project.http_caller import HttpCaller

PROGRAM = "demo_project.compare.fill"
ACCESS_TOKENS_PROGRAM = "demo_project.compare.fill.access_tokens"
TAKEN_PROGRAM = "demo_project.compare.stores.bytes_taken"


class FilledMode:
    """A mode that many are logged in to, some of whom can be asked for."""

    def __init__(self, mode: OpenMode) -> None:
        """Log in once, to have what is copied; fill nothing yet."""
        self.mode = mode
        self._real = mode.logged_in(BROWSER)
        self._logins: list[FilledLogin] = []
        self._turns: Iterator[Device] = iter(())
        self._caller = mode.open_caller(BROWSER)
        self._stranger = mode.open_caller(BROWSER)

    @property
    def name(self) -> str:
        """The mode's name, under which its cells stand."""
        return self.mode.name

    def forget(self) -> None:
        """Forget the logins that were known so far; they stay stored."""
        self._logins.clear()

    def fill(self, stored: int, known: int) -> None:
        """Fill up to so many logins, ``known`` of which can be asked for."""
        username = self.mode.server.username
        order = FillOrder(stored=stored, known=known, username=username)
        self._logins += from_json(self.mode.server.run(PROGRAM, text=order.to_json()))

    def open(self) -> None:
        """Get ready to ask for the logins that are known.

        Raises:
            ServerFailedError: There is none: as many were stored before.
        """
        if not self._logins:
            raise ServerFailedError(f"{self.mode.name}: no login was filled in.")
        credentials = self._credentials()
        device = self._real.copy_to(self._caller)
        self._turns = self._logged_in_in_turns(device, credentials)

    @property
    def known(self) -> Sequence[FilledLogin]:
        """The logins that can be asked for."""
        return self._logins

    @property
    def stranger(self) -> Device:
        """Somebody who isn't logged in."""
        return self.mode.mode.device(self._stranger)

    def next_device(self) -> Device:
        """Return the one device, with the credential of the login whose turn it is."""
        return next(self._turns)

    def bytes_taken(self) -> Mapping[str, int]:
        """Return what Redis and the database take."""
        taken: Mapping[str, int] = json.loads(self.mode.server.run(TAKEN_PROGRAM))
        return taken

    def _logged_in_in_turns(
        self, device: Device, credentials: Sequence[Mapping[str, str]]
    ) -> Iterator[Device]:
        for login in itertools.cycle(credentials):
            _hand_over(login, device, self._caller)
            yield device

    def _credentials(self) -> list[Mapping[str, str]]:
        """Return the credentials of each login, by a part of their cookie's name."""
        proofs = [login.credential for login in self._logins]
        if not self.mode.mode.is_jwt:
            return [{"sessionid": session_key} for session_key in proofs]
        run = self.mode.server.run
        access_tokens = json.loads(run(ACCESS_TOKENS_PROGRAM, text=json.dumps(proofs)))
        return [
            {"access-token": access_token, "refresh-token": refresh_token}
            for access_token, refresh_token in zip(access_tokens, proofs, strict=True)
        ]


def _hand_over(
    credentials: Mapping[str, str], device: Device, caller: HttpCaller
) -> None:
    """Let the device be logged in with these and no others."""
    if isinstance(device, JwtDevice):
        device.access_token = credentials["access-token"]
        device.refresh_token = credentials["refresh-token"]
        return
    caller.add_cookies(
        {
            _only(name for name in caller.cookies if part in name): value
            for part, value in credentials.items()
        }
    )


def _only(names: Iterable[str]) -> str:
    [name] = names
    return name
