"""A port for a server that is yet to start: nobody else's, and nobody's neighbour."""

import errno
import socket
from contextlib import ExitStack

import pytest

from demo_project.compare.reserved_port import reserved_port

ADDRESS = "127.0.0.1"


class TestReservedPort:
    def test_nobody_else_gets_it(self) -> None:
        """Found free and let go, it would be taken now and then, not always."""
        taken = rf"\[Errno {errno.EADDRINUSE}\]"
        with (
            reserved_port() as port,
            socket.socket() as other,
            pytest.raises(OSError, match=taken),
        ):
            other.bind((ADDRESS, port))

    def test_many_at_once_are_all_different(self) -> None:
        """Two servers that share one would answer in turn, without a word."""
        with ExitStack() as stack:
            ports = [stack.enter_context(reserved_port()) for _ in range(200)]

        assert len(set(ports)) == 200

    def test_nobody_answers_until_the_server_listens(self) -> None:
        """Whoever waits for the server asks there all the time."""
        with reserved_port() as port:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((ADDRESS, port))

            with socket.socket() as server:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                server.bind((ADDRESS, port))
                server.listen()
                socket.create_connection((ADDRESS, port)).close()
