"""One GET of a JWKS address: whatever answers, it is bounded, and errors are ours."""

import json
import ssl
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from jwtauth.core.jwks_address import parse_address
from jwtauth.exceptions import KeysUnavailable
from jwtauth.stores import jwks_client
from tests.jwtauth.jwks_server import (
    Answer,
    JWKSServer,
    dripping,
    dripping_between,
    flooding,
    hung,
    jwks_server,
    plain,
)

SET = json.dumps({"keys": []}).encode()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def server() -> Iterator[JWKSServer]:
    with jwks_server() as server:
        yield server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a shorter time, to see that it ends."""
    monkeypatch.setattr(jwks_client, "TIMEOUT_SECONDS", 0.2)


def fetched(server: JWKSServer, answer: Answer) -> bytes:
    server.answer = answer
    return jwks_client.fetch(parse_address(server.url))


class TestAnswers:
    def test_document_is_returned_as_it_came(self, server: JWKSServer) -> None:
        """Parsing is somebody else's, and may be strict about every byte."""
        assert fetched(server, plain(SET)) == SET
        assert server.requests == 1

    @pytest.mark.requirement("JWK-07")
    @pytest.mark.parametrize("status", ["204 None", "304 Same", "404 No", "500 Oh"])
    def test_other_status_is_no_set_of_keys(
        self, server: JWKSServer, status: str
    ) -> None:
        """An error page may well be JSON."""
        with pytest.raises(KeysUnavailable, match=status[:3]):
            fetched(server, plain(b"", status=status))

    @pytest.mark.requirement("JWK-07")
    @pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Go", "308 Go"])
    def test_redirect_is_not_followed(self, server: JWKSServer, status: str) -> None:
        """It would lead where no setting allowed, such as into our own network."""
        with jwks_server() as inside:
            moved = plain(b"", status=status, headers=f"Location: {inside.url}\r\n")

            with pytest.raises(KeysUnavailable):
                fetched(server, moved)

            assert inside.requests == 0

    def test_redirect_to_no_address_is_an_error_of_ours(
        self, server: JWKSServer
    ) -> None:
        """What it says is nobody's to read, not even for an error message."""
        with pytest.raises(KeysUnavailable):
            fetched(
                server, plain(b"", status="302 Go", headers="Location: http://[\r\n")
            )

    @pytest.mark.requirement("JWK-07")
    @pytest.mark.parametrize(
        "answer",
        [
            plain(b" " * (jwks_client.MAX_BYTES + 1)),
            flooding,
        ],
        ids=["with its length", "without end"],
    )
    def test_more_than_a_set_of_keys_is_refused(
        self, server: JWKSServer, answer: Answer
    ) -> None:
        """An endless answer must not fill the memory."""
        with pytest.raises(KeysUnavailable, match="more than"):
            fetched(server, answer)

    @pytest.mark.parametrize(
        "garbage",
        [
            b"",
            b"\0\xff\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
            b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000,
        ],
    )
    def test_no_http_or_half_of_it_is_an_error_of_ours(
        self, server: JWKSServer, garbage: bytes
    ) -> None:
        """Half a set may be a set without the key that matters."""
        with pytest.raises(KeysUnavailable):
            fetched(server, lambda connection: connection.sendall(garbage))

    def test_nobody_there_is_an_error_of_ours(self, server: JWKSServer) -> None:
        """The message names the address, for whoever is on call."""
        server.close()

        with pytest.raises(KeysUnavailable, match=r"jwks\.json: ConnectionRefused"):
            jwks_client.fetch(parse_address(server.url))


@pytest.mark.usefixtures("impatient")
class TestTime:
    @pytest.mark.requirement("JWK-07")
    @pytest.mark.parametrize("answer", [hung, dripping])
    def test_slow_answer_is_given_up(self, server: JWKSServer, answer: Answer) -> None:
        """Without a limit of its own the attempt would never end; pytest would hang."""
        with pytest.raises(KeysUnavailable):
            fetched(server, answer)

    @pytest.mark.requirement("JWK-07")
    @pytest.mark.parametrize(
        ("before", "drop"),
        [
            (b"HTTP/1.1 2", b"0"),
            (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
            (CHUNKED, b"1"),
            (CHUNKED + b"2;", b"x"),
            (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
        ],
        ids=["status", "header", "continue", "size", "extension", "trailer"],
    )
    def test_slow_answer_is_given_up_wherever_it_is_slow(
        self, server: JWKSServer, before: bytes, drop: bytes
    ) -> None:
        """As long as one attempt is under way there is no other: keys grow old."""
        with pytest.raises(KeysUnavailable, match="Timeout"):
            fetched(server, dripping_between(before, drop))


class TestWay:
    def test_proxy_of_the_environment_is_not_asked_for_this_machine(
        self, server: JWKSServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its loopback is another one."""
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

        assert fetched(server, plain(SET)) == SET

    @pytest.mark.requirement("LOG-03")
    @pytest.mark.parametrize("proxy", ["http:/me:hunter2@x", "http://me:hunter2@:x"])
    def test_password_of_a_wrong_proxy_shows_in_no_error(
        self, monkeypatch: pytest.MonkeyPatch, proxy: str
    ) -> None:
        """The error goes to the log, with everything that caused it."""
        monkeypatch.setenv("https_proxy", proxy)

        with pytest.raises(KeysUnavailable) as caught:
            jwks_client.fetch(parse_address("https://issuer.test/"))

        assert "hunter2" not in "".join(traceback.format_exception(caught.value))

    def test_set_comes_over_tls(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As it does from every issuer but one on this machine."""
        with tls_server(tmp_path) as port:
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))

            assert jwks_client.fetch(parse_address(f"https://127.0.0.1:{port}/")) == SET

    @pytest.mark.requirement("JWK-07")
    def test_certificate_that_nobody_vouches_for_is_refused(
        self, tmp_path: Path
    ) -> None:
        """Else anybody on the way could publish keys."""
        with tls_server(tmp_path) as port, pytest.raises(KeysUnavailable):
            jwks_client.fetch(parse_address(f"https://127.0.0.1:{port}/"))


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: object) -> None:
        return None


class tls_server:  # noqa: N801 # reads like a function
    """Serve a good set over TLS under a certificate of its own making."""

    def __init__(self, directory: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_self_signed(directory))

        def application(_environ: object, start: object) -> list[bytes]:
            start("200 OK", [("Content-Length", str(len(SET)))])  # type: ignore[operator]
            return [SET]

        self._server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]

    def __enter__(self) -> int:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return int(self._server.server_port)

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _self_signed(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, SHA256())
    )
    path = directory / "server.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    return path
