"""``make resource-server``: run the second service until something ends it."""

import signal
import sys

from demo_project.ending import leave_by_signals


def main() -> int:
    """Run the second service; return the exit code."""
    leave_by_signals()
    try:
        # Loading Django and the server takes a moment in which Ctrl-C may come.
        from demo_project.resource_server.server import (  # noqa: PLC0415
            run_resource_server,
        )

        return run_resource_server(is_quiet="--quiet" in sys.argv[1:])
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
