"""``make demo`` and its second service: a process of its own that ends with the demo.

One that runs already, by ``make resource-server``, is used as it is and left alone.
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPConnection, HTTPException

from demo_project.environment import CHECKOUT, Environment
from demo_project.ports import HOST, answers, fault_of_port, wait_until_it_answers
from demo_project.resource_server.status import status_of
from demo_project.watchdog import GuardedProcess, ServerCommand

# How the names begin of all that it takes to run Python, and what is the same for both.
_PASSED_ON = (
    *("PATH", "HOME", "TMPDIR", "LANG", "LC_", "TZ", "PYTHON", "LD_", "DYLD_"),
    *("DEMO_PORT", "DEMO_HOSTS", "DEMO_DEBUG"),
)
_START_SECONDS = 10.0
# Its first answer takes longer, for what it has to load.
_STATUS_SECONDS = 5.0
_MOST_BYTES = 4096


def fault_of_second_port(environment: Environment) -> str | None:
    """Return why there can be no second service; None if it can, or runs already."""
    port = environment.second_port
    fault = fault_of_port(port) if environment.resource_server else None
    if fault is None:
        return None
    # One that was started a moment ago has the port and does not answer yet.
    wait_until_it_answers(port, within=_START_SECONDS)
    return None if _runs_already(environment) else fault


@contextlib.contextmanager
def second_service(environment: Environment) -> Iterator[Callable[[], str]]:
    """Run the second service, unless it runs already or isn't wanted.

    Yields:
        A function that waits until it answers, and says what became of it.
    """
    if not environment.resource_server:
        yield lambda: "none: DEMO_RESOURCE_SERVER is 0"
    elif _runs_already(environment):
        yield lambda: _found(environment)
    else:
        process = GuardedProcess(_command())
        try:
            yield lambda: _started(environment, process)
        finally:
            process.close()


def is_second_service(port: int, expected: Mapping[str, str]) -> bool:
    """Whether what listens at ``port`` says of itself what is expected."""
    connection = HTTPConnection(HOST, port, timeout=_STATUS_SECONDS)
    try:
        connection.request("GET", "/status/")
        found = json.loads(connection.getresponse().read(_MOST_BYTES))
    except (OSError, HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return bool(found == expected)


def passed_on(variables: Mapping[str, str]) -> dict[str, str]:
    """Return what of the demo's environment is for the second service, too.

    Addresses of databases hold passwords, and where the issuer keeps its keys is none
    of its business.
    """
    return {k: v for k, v in variables.items() if k.startswith(_PASSED_ON)}


def _runs_already(environment: Environment) -> bool:
    return is_second_service(
        environment.second_port,
        status_of(issuer=environment.address, audience=environment.second_address),
    )


def _command() -> ServerCommand:
    return ServerCommand(
        argv=[sys.executable, "-m", "demo_project.resource_server", "--quiet"],
        cwd=str(CHECKOUT),
        log=None,
        env=passed_on(os.environ),
    )


def _found(environment: Environment) -> str:
    if not answers(environment.second_port):
        return "it ran before, and has ended: make resource-server"
    return f"{environment.second_address}/  (ran before, and stays)"


def _started(environment: Environment, process: GuardedProcess) -> str:
    if not wait_until_it_answers(environment.second_port, process.has_exited):
        return "did not start; the line above says why"
    return f"{environment.second_address}/"
