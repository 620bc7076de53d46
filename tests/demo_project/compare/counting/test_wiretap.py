"""The relay that counts: a byte lost or added would be printed as a measurement."""

import socket
import threading
from collections.abc import Iterator

import pytest

from demo_project.compare.counting.wiretap import PIECE_BYTES, wiretap
from demo_project.ports import HOST

LARGE = b"x" * (3 * PIECE_BYTES)


@pytest.fixture
def echo_port() -> Iterator[int]:
    """Where one connection gets back what it sends."""
    with socket.create_server((HOST, 0)) as listener:
        echo = threading.Thread(target=_echo, args=[listener])
        echo.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        echo.join()


def _echo(listener: socket.socket) -> None:
    try:
        connection, _ = listener.accept()
    except OSError:
        return
    with connection:
        while piece := connection.recv(PIECE_BYTES):
            connection.sendall(piece)


def _exchange(client: socket.socket, sent: bytes) -> bytes:
    writing = threading.Thread(target=client.sendall, args=[sent])
    writing.start()
    received = bytearray()
    while len(received) < len(sent):
        received += client.recv(PIECE_BYTES)
    writing.join()
    return bytes(received)


class TestWiretap:
    def test_what_was_sent_is_kept_once_and_not_what_came_back(
        self, echo_port: int
    ) -> None:
        """Each request is counted for itself, without its answer."""
        with wiretap(echo_port) as tap, socket.create_connection((HOST, tap.port)) as c:
            _exchange(c, b"first")
            assert tap.take() == b"first"
            _exchange(c, b"second")
            assert tap.take() == b"second"

    def test_large_request_passes_whole(self, echo_port: int) -> None:
        """A piece is what the system hands over, not what was sent."""
        with wiretap(echo_port) as tap, socket.create_connection((HOST, tap.port)) as c:
            assert _exchange(c, LARGE) == LARGE
            assert tap.take() == LARGE

    def test_relay_ends_although_nobody_connected(self, echo_port: int) -> None:
        """A comparison that failed before its first request must end."""
        before = threading.active_count()

        with wiretap(echo_port):
            pass

        assert threading.active_count() == before

    def test_server_that_is_not_there_closes_the_connection(self) -> None:
        """The client is to fail at once, not to wait for its time limit."""
        with socket.socket() as unused:
            unused.bind((HOST, 0))
            port = unused.getsockname()[1]
            with wiretap(port) as tap, socket.create_connection((HOST, tap.port)) as c:
                c.settimeout(20)
                assert c.recv(1) == b""
