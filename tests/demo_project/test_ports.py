"""Ports: who has one, and who only thinks so."""

import errno
import socket
from contextlib import ExitStack

import pytest

from demo_project import ports
from demo_project.ports import HOST, claim_port, fault_of_port, reserved_port
from tests.demo_project.demo_process import free_port

TAKEN = rf"\[Errno {errno.EADDRINUSE}\]"


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


class TestReservedPort:
    def test_nobody_else_gets_it(self) -> None:
        """Found free and let go, it would be taken now and then, not always."""
        with (
            reserved_port() as port,
            socket.socket() as other,
            pytest.raises(OSError, match=TAKEN),
        ):
            other.bind((HOST, port))

    def test_nobody_else_gets_the_ones_after_it(self) -> None:
        """They are for servers beside it, which start later still."""
        with (
            reserved_port(following=1) as port,
            socket.socket() as other,
            pytest.raises(OSError, match=TAKEN),
        ):
            other.bind((HOST, port + 1))

    def test_port_whose_next_one_is_taken_is_not_chosen(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The second of two servers would not start, now and then."""
        first = free_port()
        chosen = iter([first])
        hold = ports._hold
        monkeypatch.setattr(
            ports, "_hold", lambda held, port: hold(held, port or next(chosen, 0))
        )

        with (
            socket.create_server((HOST, first + 1)),
            reserved_port(following=1) as port,
        ):
            assert port != first

    def test_program_that_is_started_for_it_may_claim_it(self) -> None:
        """It holds its port before it listens, as it does where nobody helps it."""
        with reserved_port() as port, claim_port(port):
            assert fault_of_port(port) is not None

    def test_many_at_once_are_all_different(self) -> None:
        """Two servers that share one would answer in turn, without a word."""
        with ExitStack() as stack:
            ports = [stack.enter_context(reserved_port()) for _ in range(200)]

        assert len(set(ports)) == 200

    def test_nobody_answers_until_the_server_listens(self) -> None:
        """Whoever waits for the server asks there all the time."""
        with reserved_port() as port:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((HOST, port))

            with socket.socket() as server:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                server.bind((HOST, port))
                server.listen()
                socket.create_connection((HOST, port)).close()
