"""Log in, use the login, log out, and look into the stores in between.

A program of its own, with the settings of the server whose stores it looks into. Its
arguments are the mode, its port, the user, and how often to use the login; the password
comes on standard input, and a ``StoredLogin`` goes to standard output.
"""

import argparse
import sys
from typing import cast

import django

from demo_project.compare.modes import MODES, Mode
from demo_project.compare.stores.stored_login import StoredLogin
from demo_project.compare.stores.throw_away_only import refuse_other_servers
from demo_project.devices import BROWSER, Device, RefreshingDevice, require_ok
from demo_project.http_caller import HttpCaller

PATH = "me/"


def main() -> None:
    """Do what the module says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("port", type=int)
    parser.add_argument("username")
    parser.add_argument("uses", type=int)
    asked = parser.parse_args()
    refuse_other_servers()
    [mode] = [mode for mode in MODES if mode.name == asked.mode]
    django.setup()
    with HttpCaller(asked.port, device=BROWSER) as caller:
        device = mode.device(caller)
        credentials = (asked.username, sys.stdin.read())
        found = stored_login(mode, device, credentials, asked.uses)
    sys.stdout.write(found.to_json())


def stored_login(
    mode: Mode, device: Device, credentials: tuple[str, str], uses: int
) -> StoredLogin:
    """Return what each step of one login of the device adds to the stores."""
    from demo_project.compare.stores import snapshot  # noqa: PLC0415 # after setup()
    from demo_project.compare.stores.database_content import (  # noqa: PLC0415 # the same
        disk_bytes,
        disk_bytes_each,
    )

    if not mode.is_jwt:
        # No list of the user's, nor anything else, is left from other logins.
        snapshot.redis_client().flushdb()
    before = snapshot.look()
    device.log_in(*credentials)
    require_ok(device.call(PATH), PATH)
    begun = snapshot.look()
    memory, disk = snapshot.memory_bytes(before, begun), disk_bytes()
    _use(mode, device, uses)
    used = snapshot.look()
    disk_growth = disk_bytes() - disk
    disk_each = disk_bytes_each() if mode.is_jwt else 0.0
    device.log_out()
    return StoredLogin(
        login=snapshot.logged_in(before, begun),
        uses=snapshot.used(begun, used),
        logout=snapshot.used(used, snapshot.look()),
        memory_bytes=memory,
        disk_bytes=disk_each,
        disk_growth_bytes=disk_growth,
    )


def _use(mode: Mode, device: Device, times: int) -> None:
    for _ in range(times):
        if mode.is_jwt:
            require_ok(cast("RefreshingDevice", device).refresh(), "a refresh")
        else:
            require_ok(device.call(PATH), PATH)


if __name__ == "__main__":
    main()
