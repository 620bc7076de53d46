"""A JWKS server to be had ill-behaved: real sockets, one answer for every request."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.jwk_set import public_jwk
from jwtauth.core.keys import KeyUse

Answer = Callable[[socket.socket], None]
HEAD = "HTTP/1.1 {status}\r\nContent-Type: application/jwk-set+json\r\n"


class JWKSServer:
    """Gives every connection to ``answer``; counts the requests."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.requests = 0
        self.answer: Answer = plain(b'{"keys": []}')
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/jwks.json"
        self._gone = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def publish(self, *jwks: dict[str, str]) -> None:
        """Serve these keys from now on."""
        self.answer = plain(json.dumps({"keys": jwks}).encode())

    def close(self) -> None:
        self._gone.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while not self._gone.is_set():
            with suppress(OSError):
                connection, _address = self._listener.accept()
                threading.Thread(
                    target=self._one, args=[connection], daemon=True
                ).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            self.requests += 1
            self.answer(connection)


@contextmanager
def jwks_server() -> Iterator[JWKSServer]:
    """Run one for a ``with`` block."""
    server = JWKSServer()
    try:
        yield server
    finally:
        server.close()


def plain(body: bytes, *, status: str = "200 OK", headers: str = "") -> Answer:
    """Return an answer that comes at once, with its length."""
    head = f"{HEAD.format(status=status)}Content-Length: {len(body)}\r\n{headers}\r\n"
    return lambda connection: connection.sendall(head.encode() + body)


def hung(connection: socket.socket) -> None:
    """Never answer; the client has to go."""
    connection.recv(1)


def dripping(connection: socket.socket) -> None:
    """Send the body for ever, a byte at a time."""
    connection.sendall(f"{HEAD.format(status='200 OK')}\r\n".encode())
    for _ in range(1000):
        connection.sendall(b" ")
        time.sleep(0.02)


def dripping_between(before: bytes, drop: bytes) -> Answer:
    """Return an answer that never ends, in parts that are no body."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(before)
        for _ in range(200):
            connection.sendall(drop)
            time.sleep(0.02)

    return drip


def flooding(connection: socket.socket) -> None:
    """Send more than any set of keys has, without saying how much."""
    connection.sendall(f"{HEAD.format(status='200 OK')}\r\n".encode())
    for _ in range(1000):
        connection.sendall(b" " * 65536)


def new_key(alg: str = "ES256") -> tuple[dict[str, str], dict[str, str]]:
    """Return the private and the public JWK of a new key."""
    jwk = generate_jwk(alg, KeyUse.SIG)
    return jwk, public_jwk(parse_key(jwk))
