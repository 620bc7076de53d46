"""The web server that both services of the demo run on, and what it needs."""

import contextlib
import multiprocessing
import signal
import socket
import sys
import time
from collections.abc import Callable
from multiprocessing import resource_tracker
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer

HOST = "127.0.0.1"
# Two requests at a time are the least that shows races; four keep a page with its
# style sheet and a few terminals moving.
THREADS = 4
LONGEST_START_SECONDS = 60.0
WRONG_SETUP = 2
"""The exit code of a program that can't start."""


def claim_port(port: int) -> socket.socket:
    """Hold a port for this process, until the socket is closed.

    The server itself would share a taken port without a word, and it takes a second
    until it listens: of two programs that start at once, both would have found it free.

    Raises:
        OSError: somebody has it, or it may not be had.
    """
    claim = socket.socket()
    try:
        # Connections of an earlier run that still fade away don't count.
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        claim.bind((HOST, port))
        # From here on nobody else may, but for our own server.
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except BaseException:
        claim.close()
        raise
    return claim


def fault_of_port(port: int) -> str | None:
    """Return why nobody can listen there; None if that is possible."""
    try:
        claim_port(port).close()
    except OSError as error:
        return error.strerror
    return None


def answers(port: int) -> bool:
    """Whether somebody listens there now."""
    with contextlib.suppress(OSError):
        socket.create_connection((HOST, port), timeout=1).close()
        return True
    return False


def wait_until_it_answers(
    port: int,
    has_ended: Callable[[], bool] = lambda: False,
    *,
    within: float = LONGEST_START_SECONDS,
) -> bool:
    """Wait until somebody listens there; return False if that never comes."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if answers(port):
            return True
        if has_ended():
            return False
        time.sleep(0.05)
    return False


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


def say(text: str) -> None:
    """Print, and let it be read at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def refuse(what: str, reason: str) -> int:
    """Say in one line that ``what`` can't start, and why; return the exit code."""
    one_line = " ".join(reason.split())
    sys.stderr.write(f"{what} can't start. {one_line}\n")
    return WRONG_SETUP
