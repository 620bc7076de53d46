"""The second service, asking for new keys all the time: the tests can't wait for it."""

import sys

from demo_project.ending import leave_by_signals
from demo_project.resource_server.server import run_resource_server

if __name__ == "__main__":
    leave_by_signals()
    application = "tests.demo_project.resource_server.hasty_wsgi:application"
    sys.exit(run_resource_server(application, is_quiet=False))
