"""Ports: who has one, and who only thinks so."""

import socket

import pytest

from demo_project.ports import claim_port, fault_of_port
from tests.demo_project.demo_process import free_port


class TestClaim:
    def test_claimed_port_is_refused_to_the_next_program_at_once(self) -> None:
        """Two programs that start at once would share it without a word."""
        port = free_port()
        with claim_port(port):
            with pytest.raises(OSError, match="in use"):
                claim_port(port)
            assert fault_of_port(port) is not None

        assert fault_of_port(port) is None

    def test_server_of_the_one_who_claimed_it_may_listen(self) -> None:
        """The server opens the port itself, and hands it to its worker."""
        port = free_port()
        with claim_port(port), socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind(("127.0.0.1", port))
            server.listen()

            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                accepted, address = server.accept()
                accepted.close()
                assert address == client.getsockname()

    def test_connections_that_fade_away_take_nothing(self) -> None:
        """Else the demo could not be started again for a minute."""
        port = free_port()
        with socket.create_server(("127.0.0.1", port)) as server:
            client = socket.create_connection(("127.0.0.1", port))
            accepted, _ = server.accept()
            # The side that closes first keeps the port in TIME_WAIT.
            accepted.close()
            client.close()

        assert fault_of_port(port) is None
