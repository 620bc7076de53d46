"""A second service that is shown a login: does it know whose it is, and how fast?"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from demo_project.compare.counting.caller import counting_login
from demo_project.compare.counting.middleware import NUMBER_HEADER
from demo_project.compare.plan import Run
from demo_project.compare.result import Cell, Kind, Row
from demo_project.compare.servers.at_once import at_once
from demo_project.compare.servers.open_mode import OpenMode
from demo_project.compare.spread import milliseconds
from demo_project.compare.timing import seconds_of
from demo_project.devices import Device, RequestFailedError, require_ok

PATH = "whoami/"
CALLS = 10
SAME_HOST = (
    "cookies get there because both services are on one host; a service on another "
    "host gets none, and needs the token in a header"
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one mode's second service made of a login."""

    there: Device
    """The login, as the second service is shown it."""
    status: int
    asked: int
    """How often the issuer was asked meanwhile."""
    after_logout: int


def measure(run: Run) -> Iterator[Row]:
    """Yield whether it knows the login, until when, and how long it takes."""
    run.progress("showing logins to the second service")
    found = at_once(run.modes, _shown)
    yield Row(
        id="second_service",
        group="services",
        title="A second service is shown the login",
        kind=Kind.OBSERVED,
        how="api/whoami/ of a service without database, Redis and secrets of the "
        f"issuer; the issuer counts what it is asked in {CALLS} calls, between two "
        f"times when the public keys are due; {SAME_HOST}",
        noise="exact",
        cells=_cells(found, _shown_cell),
    )
    yield Row(
        id="second_service_revoked",
        group="services",
        title="The second service, after the login was ended at the issuer",
        kind=Kind.OBSERVED,
        how="api/whoami/ right after auth/logout/ has answered 204",
        noise="exact",
        cells=_cells(found, _revoked_cell),
    )
    yield _speed(run, found)


def _shown(mode: OpenMode) -> Found:
    here = counting_login(mode, "first service")
    caller = mode.open_caller("second service", port=mode.server.second_port)
    there = here.copy_to(caller)
    status = there.call(PATH).status
    # The keys may have been due in one of them: two are closer together than that.
    asked = min(_asked_meanwhile(here, there) for _ in range(2))
    ended = here.log_out()
    if ended.status != HTTPStatus.NO_CONTENT:
        raise RequestFailedError(f"A logout answered {ended.status}.")
    return Found(
        there=there,
        status=status,
        asked=asked,
        after_logout=there.call(PATH).status,
    )


def _asked_meanwhile(here: Device, there: Device) -> int:
    before = _number(here)
    for _ in range(CALLS):
        there.call(PATH)
    return _number(here) - before - 1


def _number(here: Device) -> int:
    answer = require_ok(here.call("me/"), "me/")
    return int(answer.headers[NUMBER_HEADER.lower()])


def _cells(
    found: Mapping[str, Found], make: Callable[[Found], Cell]
) -> Mapping[str, Cell]:
    return {name: make(each) for name, each in found.items()}


def _shown_cell(found: Found) -> Cell:
    details = {"status": found.status, "requests_to_issuer": found.asked}
    if found.status == HTTPStatus.UNAUTHORIZED:
        text = "401: whose session it is, only the issuer and its Redis know"
        return Cell(text=text, details=details)
    return Cell(
        text=f"{found.status}, with {found.asked} requests to the issuer",
        details=details,
    )


def _revoked_cell(found: Found) -> Cell:
    details = {"status": found.after_logout}
    suffix = {
        found.status: ", as before",
        HTTPStatus.OK: ", until the access token expires",
    }
    text = f"{found.after_logout}{suffix.get(found.after_logout, '')}"
    return Cell(text=text, details=details)


def _speed(run: Run, found: Mapping[str, Found]) -> Row:
    asked = {name: each for name, each in found.items() if each.status == HTTPStatus.OK}
    seconds: dict[str, list[float]] = {name: [] for name in asked}
    requests = run.plan.requests_per_round
    run.progress("calling the second service")
    for _ in range(requests):
        for name, each in asked.items():
            seconds[name].append(seconds_of(partial(each.there.call, PATH), PATH))
    nothing = Cell(text="nothing to verify")
    return Row(
        id="second_service_speed",
        group="services",
        title="A request to the second service",
        kind=Kind.TIMED,
        unit="ms",
        better="lower",
        how="api/whoami/, one client, one connection; the modes take turns",
        noise=f"median and quartiles of {requests}",
        cells={
            name: milliseconds(seconds[name]) if name in seconds else nothing
            for name in found
        },
    )
