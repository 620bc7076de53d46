"""The caller's one connection to a server, and when it takes another."""

from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from demo_project import http_caller
from demo_project.http_caller import HttpCaller


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections: list[int] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self.server.connections.append(self.client_address[1])
        self.send_response(204)
        self.end_headers()

    def do_POST(self) -> None:
        """Refuse without a look at the body, which never comes."""
        self.server.connections.append(self.client_address[1])
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_requests_in_a_row_share_a_connection(server: _Server) -> None:
    """Opening one would be timed with each request."""
    with HttpCaller(server.server_port, device="test") as caller:
        caller.send("GET", "/")
        caller.send("GET", "/")

    assert len(server.connections) == 2
    assert len(set(server.connections)) == 1


def test_connection_that_was_silent_is_left_for_another(
    server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server ends what idles, at the very moment when it is used again."""
    monkeypatch.setattr(http_caller, "LONGEST_IDLE_SECONDS", -1.0)

    with HttpCaller(server.server_port, device="test") as caller:
        caller.send("GET", "/")
        caller.send("GET", "/")

    assert len(set(server.connections)) == 2


@pytest.mark.parametrize("fault", [BrokenPipeError, ConnectionResetError])
def test_refusal_before_the_body_was_sent_is_the_answer(
    server: _Server, fault: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server need not read what it refuses: it answers, and closes."""
    send = HTTPConnection.send

    def send_head_alone(connection: HTTPConnection, data: bytes) -> None:
        if not data.startswith((b"POST", b"GET")):
            raise fault
        send(connection, data)

    monkeypatch.setattr(HTTPConnection, "send", send_head_alone)

    with HttpCaller(server.server_port, device="test") as caller:
        answer = caller.send("POST", "/", form={"text": "too late"})
        caller.send("GET", "/")

    assert answer.status == 403
    assert len(set(server.connections)) == 2


def test_connection_is_left_after_a_refusal_of_what_had_a_body(
    server: _Server,
) -> None:
    """The server closes it unread, and the next request would learn that too late."""
    with HttpCaller(server.server_port, device="test") as caller:
        caller.send("POST", "/", form={"text": "in time"})
        caller.send("GET", "/")

    assert len(set(server.connections)) == 2
