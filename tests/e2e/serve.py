"""The demo as ``make demo`` serves it, with the settings and the users of these tests.

``DEMO_DIR`` and ``DEMO_PORT`` say where; the second service has the next port.
"""

import io
import os

import django
from django.core.management import call_command
from django.db import connections

from demo_project.directory import prepare_directory
from demo_project.embedded_valkey import EmbeddedValkey
from demo_project.ending import leave_by_signals
from demo_project.environment import read_environment
from demo_project.resource_server.beside_the_demo import second_service
from demo_project.web_server import run_web_server
from tests.e2e.people import make_people

SETTINGS = "tests.e2e.settings"


def main() -> None:
    """Serve until a signal ends it."""
    environment = read_environment(os.environ)
    prepare_directory(environment.directory)
    with (
        EmbeddedValkey(environment.directory / "valkey") as valkey,
        second_service(environment),
    ):
        # The worker process and Django's settings read it from here.
        os.environ |= {"REDIS_URL": valkey.url, "DJANGO_SETTINGS_MODULE": SETTINGS}
        _prepare()
        run_web_server("demo_project.wsgi:application", environment.port)


def _prepare() -> None:
    django.setup()
    call_command("jwtauth_keys", "init", stdout=io.StringIO())
    call_command("migrate", interactive=False, verbosity=0)
    make_people()
    connections.close_all()


if __name__ == "__main__":
    leave_by_signals()
    main()
