"""The web server that both services of the demo run on."""

import multiprocessing
import signal
from multiprocessing import resource_tracker
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from demo_project.ports import HOST

# Two requests at a time are the least that shows races; four keep a page with its
# style sheet and a few terminals moving.
THREADS = 4


class _WebServer(MPServer):
    """Starts its worker where Ctrl-C does not reach it yet.

    The worker leaves the process group when it has loaded what it takes to do so; until
    then it would die of a signal that is the main process's to hear, and complain.
    """

    def _spawn_workers(self, *arguments: Any) -> None:  # noqa: ANN401 # the server's
        # Its start would end with the signal unblocked, before the worker's.
        resource_tracker.ensure_running()
        # A new process begins with what is blocked in the one that starts it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super()._spawn_workers(*arguments)  # type: ignore[no-untyped-call]
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def run_web_server(application: str, port: int) -> None:
    """Serve until a signal ends it.

    Args:
        application: where the worker process finds it, as ``module:name``.
        port: on 127.0.0.1.
    """
    # A forked worker would hold copies of everything this process has open.
    multiprocessing.set_start_method("spawn")
    server = _WebServer(
        application,
        address=HOST,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        log_level=LogLevels.warning,
        workers_kill_timeout=5,
    )

    @server.on_startup
    def end_with_the_terminal() -> None:
        # The server takes a closed terminal for a request to reload.
        signal.signal(signal.SIGHUP, server.signal_handler_interrupt)

    server.serve()
