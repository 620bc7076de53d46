"""A server that does as it is told: what a recipe or a gateway may meet."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer

HANG_SECONDS = 60.0


class Recorder:
    """Gives every request the answer that it is told, and notes what was asked."""

    def __init__(self, server: type[TCPServer], address: object) -> None:
        """Listen at an address."""
        self.status, self.body = 200, b""
        self.headers: dict[str, str] = {}
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.requests: list[dict[str, str]] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = self.headers.get("Content-Length")
                body = self._more() if length is None else self.rfile.read(int(length))
                recorder.note(self.command, self.headers, body)
                recorder.may_answer.wait(HANG_SECONDS)
                with suppress(ConnectionError):  # who asked may not have waited
                    self._answer()

            def _answer(self) -> None:
                self.send_response(recorder.status)
                length = {"Content-Length": str(len(recorder.body))}
                for name, value in {**recorder.headers, **length}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(recorder.body)

            def _more(self) -> bytes:
                """Return what comes though it wasn't announced."""
                self.connection.settimeout(0.1)
                try:
                    return self.rfile.read1()
                except TimeoutError:
                    return b""

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = server(address, Handler)  # type: ignore[arg-type] # of its kind
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02])
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens, if not on a socket of the file system."""
        return int(self._server.server_address[1])

    def note(self, method: str, headers: Message, body: bytes) -> None:
        """Keep what a request said."""
        said = {name.lower(): value for name, value in headers.items()}
        self.requests.append({"method": method, "body": body.decode(), **said})

    def close(self) -> None:
        """Listen no more."""
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass(frozen=True)
class BadAnswer:
    """What is no set of keys, though a client could take it for one."""

    status: int
    body: bytes = b""

    def at(self, address: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body; ``address`` is where a redirect leads."""
        location = {"Location": address} if self.status == HTTPStatus.FOUND else {}
        return self.status, location, self.body


BAD_ANSWERS = (
    BadAnswer(302),
    BadAnswer(404, b'{"detail": "Not found."}'),
    BadAnswer(500),
    BadAnswer(200, b"<html>"),
    BadAnswer(200, b"[]"),
    BadAnswer(200, b'{"keys": 1}'),
)
