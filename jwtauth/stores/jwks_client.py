"""One bounded GET of a JWKS address: no redirect, not more than a set of keys takes.

Whatever answers too slowly, with too much, or with another address is refused: it would
keep a thread, fill the memory, or lead into our own network (RFC 8725 §3.10).
"""

import http.client
import io
import socket
import time
import urllib.request
from typing import Any

from jwtauth.core.jwks_address import JWKSAddress
from jwtauth.exceptions import KeysUnavailable

TIMEOUT_SECONDS = 2.0
"""For the connection, and for the whole answer."""

MAX_BYTES = 65_536
_CHUNK_BYTES = 8192


def fetch(address: JWKSAddress) -> bytes:
    """Return the document at an address.

    Raises:
        KeysUnavailable: nobody answers, too late, too much, or not with status 200.
    """
    request = urllib.request.Request(  # noqa: S310 # https, or this very machine
        address.url, headers={"Accept": "application/jwk-set+json, application/json"}
    )
    try:
        with _opener(address).open(request, timeout=TIMEOUT_SECONDS) as answer:
            if answer.status != http.HTTPStatus.OK:
                raise KeysUnavailable(f"{address} answers {answer.status}")
            return _body_of(answer, address)
    except (OSError, http.client.HTTPException, ValueError) as error:
        # Only the kind of error: its text may hold a proxy's address and password.
        reason = getattr(error, "reason", error)
        raise KeysUnavailable(f"{address}: {type(reason).__name__}") from None


def _body_of(answer: http.client.HTTPResponse, address: JWKSAddress) -> bytes:
    body = b""
    while chunk := answer.read1(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_BYTES:
            raise KeysUnavailable(f"{address} sends more than {MAX_BYTES} bytes")
    if answer.length:  # read1() takes an early end for the end
        raise KeysUnavailable(f"{address} breaks off")
    return body


class _UntilDeadline(io.RawIOBase):
    """The bytes of a socket that come before its timeout is over, counted from now.

    A socket's own timeout is for each wait: a byte in each, and an answer takes for
    ever, be it in its status, its headers, or in what stands between chunks.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw, self._sock = raw, sock
        self._deadline = time.monotonic() + (sock.gettimeout() or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 # io's signature
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer that is over in time, from its first byte on."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 # its parent's
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_UntilDeadline(self.fp.detach(), sock))


class _HTTPConnection(http.client.HTTPConnection):
    response_class = _Answer


class _HTTPSConnection(http.client.HTTPSConnection):
    response_class = _Answer


class _HTTP(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HTTPConnection, request)


class _HTTPS(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HTTPSConnection, request)


def _opener(address: JWKSAddress) -> urllib.request.OpenerDirector:
    """Return what follows no redirect and knows no scheme but these two."""
    # HTTPS_PROXY counts as everywhere; no proxy could reach this machine's loopback.
    proxies = urllib.request.ProxyHandler({} if address.is_loopback else None)
    opener = urllib.request.OpenerDirector()
    for handler in (proxies, _HTTP(), _HTTPS()):
        opener.add_handler(handler)
    return opener
