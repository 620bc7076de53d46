"""Run the second service on the port beside the demo's."""

import os
import socket
import threading

from django.core.exceptions import ImproperlyConfigured

from demo_project.ending import leave_if_asked
from demo_project.environment import Environment, read_environment
from demo_project.ports import HOST, claim_port, wait_until_it_answers
from demo_project.terminal import refuse, say
from demo_project.web_server import run_web_server

APPLICATION = "demo_project.resource_server.wsgi:application"


def run_resource_server(application: str = APPLICATION, *, is_quiet: bool) -> int:
    """Run the second service until a signal ends it; return the exit code.

    Args:
        application: what serves, as ``module:name``.
        is_quiet: whether another program says where it is.
    """
    try:
        environment = read_environment(os.environ)
        claim = _claim_port(environment)
    except ImproperlyConfigured as error:
        return refuse("The second service", str(error))
    with claim:
        if not is_quiet:
            _announce_when_ready(environment)
        leave_if_asked()
        run_web_server(application, environment.second_port)
    return 0


def _claim_port(environment: Environment) -> socket.socket:
    try:
        return claim_port(environment.second_port)
    except OSError as error:
        raise ImproperlyConfigured(
            f"Its port is DEMO_PORT + 1, and {environment.second_port} on {HOST} can't "
            f"be used ({error.strerror}). If make demo has started it there: stop the "
            "demo, start this first, then the demo."
        ) from None


def _announce_when_ready(environment: Environment) -> None:
    def announce() -> None:
        if wait_until_it_answers(environment.second_port):
            say(
                f"The second service is on {environment.second_address}/ and takes "
                f"tokens of {environment.address}.\nCtrl-C stops it."
            )

    threading.Thread(target=announce, daemon=True).start()
