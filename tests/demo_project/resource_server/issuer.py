"""An issuer of the tests' own: one key, and the address where it is published."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from jwt import PyJWK

from tests.jwtauth.jwks_server import new_key

ISSUER = "http://127.0.0.1:8000"
AUDIENCE = "http://127.0.0.1:8001"


class Issuer:
    """Signs whatever it is told to: what a token says is for the test to choose."""

    def __init__(self, issuer: str = ISSUER, audience: str = AUDIENCE) -> None:
        private, public = new_key()
        self._key = PyJWK(private)
        self._issuer, self._audience = issuer, audience
        self.kid = public["kid"]
        self.document = json.dumps({"keys": [public]}).encode()

    def token(self, **claims: object) -> str:
        """Return an access token that the second service takes, but for ``claims``."""
        now = int(time.time())
        payload: dict[str, Any] = {
            "iss": self._issuer,
            "aud": [f"{self._issuer}/api", self._audience],
            "sub": "7",
            "client_id": "first-party",
            "iat": now,
            "exp": now + 900,
            "auth_time": now - 60,
            "jti": "jti-of-the-test",
            "sid": "sid-of-the-test",
            **claims,
        }
        headers = {"typ": "at+jwt", "kid": self.kid}
        return jwt.encode(payload, self._key, algorithm="ES256", headers=headers)

    @contextmanager
    def published(self, port: int = 0) -> Iterator[str]:
        """Serve the public key on 127.0.0.1; yield the address."""
        server = _Server(("127.0.0.1", port), _handler(self.document))
        thread = Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/.well-known/jwks.json"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Server(ThreadingHTTPServer):
    allow_reuse_port = True  # as the demo's own, beside the claim of its port


def _handler(document: bytes) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(document)))
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *_args: object) -> None:
            pass

    return Handler
