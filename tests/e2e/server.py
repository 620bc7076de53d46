"""The server of these tests as a process of its own (``serve``), with a fresh start."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo_project.ports import wait_until_it_answers
from tests.demo_project.demo_process import DemoProcess


@contextmanager
def running_server(directory: Path) -> Iterator[DemoProcess]:
    """Serve from ``directory``, which is empty, until the end of the ``with``."""
    server = DemoProcess(directory, program="tests.e2e.serve")

    def has_ended() -> bool:
        return server.process.poll() is not None

    try:
        for port in (server.port, server.port + 1):
            assert wait_until_it_answers(port, has_ended), server.output
        yield server
    finally:
        server.clean_up()
