"""Counts what really goes over a connection: a relay that keeps what a client sends."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator

from demo_project.ports import HOST

PIECE_BYTES = 65_536


class Wiretap:
    """What one client has sent through the relay so far."""

    def __init__(self, port: int) -> None:
        """Begin with nothing; ``port`` is where the client connects to."""
        self.port = port
        self._sent = bytearray()

    def hear(self, piece: bytes) -> None:
        """Keep a piece of what was sent."""
        self._sent += piece

    def take(self) -> bytes:
        """Return what was sent since the last time.

        It is whole when the answer has come: each piece is kept before it goes on.
        """
        sent = bytes(self._sent)
        self._sent.clear()
        return sent


@contextlib.contextmanager
def wiretap(server_port: int) -> Iterator[Wiretap]:
    """Relay one connection to a server on this machine; close the client's first."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((HOST, 0)))
        tap = Wiretap(listener.getsockname()[1])
        relay = threading.Thread(target=_relay, args=[listener, server_port, tap])
        relay.start()
        stack.callback(relay.join)
        # Wakes a relay that nobody has connected to.
        stack.callback(listener.shutdown, socket.SHUT_RDWR)
        yield tap


def _relay(listener: socket.socket, server_port: int, tap: Wiretap) -> None:
    with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
        client = stack.enter_context(listener.accept()[0])
        server = stack.enter_context(socket.create_connection((HOST, server_port)))
        selector = stack.enter_context(selectors.DefaultSelector())
        selector.register(client, selectors.EVENT_READ, server)
        selector.register(server, selectors.EVENT_READ, client)
        while True:
            for key, _ in selector.select():
                source, target = key.fileobj, key.data
                piece = source.recv(PIECE_BYTES)  # type: ignore[union-attr] # a socket
                if not piece:
                    return
                if source is client:
                    tap.hear(piece)
                target.sendall(piece)
