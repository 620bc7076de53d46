"""A proxy before a Redis server that spoils what the server answers."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

Spoil: TypeAlias = Callable[[socket.socket, bytes], None]

_RESET = struct.pack("ii", 1, 0)
"""Closing with SO_LINGER at zero seconds sends a reset."""


def stall(client: socket.socket, answer: bytes) -> None:
    """Send half of the answer, and then nothing more."""
    client.sendall(answer[: len(answer) // 2])


def reset(client: socket.socket, answer: bytes) -> None:
    """Send half of the answer, and reset the connection."""
    stall(client, answer)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    # Wakes the thread that reads from it: as long as that waits, nothing is closed.
    client.shutdown(socket.SHUT_RD)
    client.close()


def garble(client: socket.socket, _answer: bytes) -> None:
    """Send what no Redis server says."""
    client.sendall(b"\x00\xff\xfe no answer \r\n")


def say(text: str) -> Spoil:
    """Answer everything with this error."""
    return answer_all(f"-{text}\r\n".encode())


def answer_all(said: bytes) -> Spoil:
    """Answer everything with this, spelt as Redis does."""

    def answer(client: socket.socket, _answer: bytes) -> None:
        client.sendall(said)

    return answer


class FaultyProxy:
    """It listens on a port of 127.0.0.1 and passes everything on, until told."""

    def __init__(self, socket_path: str) -> None:
        """Listen.

        Args:
            socket_path: where the server is.
        """
        self._socket_path = socket_path
        self._spoil: Spoil | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        self._sockets: list[socket.socket] = [self._listener]
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @contextmanager
    def spoiling(self, spoil: Spoil) -> Iterator[None]:
        """Let ``spoil`` have the answers, instead of the client."""
        self._spoil = spoil
        try:
            yield
        finally:
            self._spoil = None

    def close(self) -> None:
        """Close every connection; return when the threads have ended."""
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(60)

    def _start(self, run: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=run, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._socket_path)
                self._sockets += [client, server]
                asked = threading.Event()
                self._start(self._pass_on, client, server, asked)
                self._start(self._pass_back, client, server, asked)

    def _pass_on(
        self, client: socket.socket, server: socket.socket, asked: threading.Event
    ) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if b"\r\nCLIENT\r\n" not in data:  # how a new connection begins
                    asked.set()
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)

    def _pass_back(
        self, client: socket.socket, server: socket.socket, asked: threading.Event
    ) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if self._spoil is not None and asked.is_set():
                    self._spoil(client, data)
                else:
                    client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)
