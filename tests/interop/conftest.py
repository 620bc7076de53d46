"""Fixtures: our keys at an address, and services that fetch them there."""

import threading
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from tests.harness.jose import require_jose
from tests.interop.node_process import NodeProcess
from tests.interop.verifiers import (
    JoserfcService,
    JoseService,
    Service,
    verifying_node,
)
from tests.jwtauth.conftest import alice, caller, jwtauth_settings

__all__ = ["alice", "caller", "jwtauth_settings"]

JWKS_PATH = "/jwt/auth/.well-known/jwks.json"

OpenService: TypeAlias = Callable[..., Service]


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # its name
        """Say nothing."""


@pytest.fixture(scope="session")
def jwks_uri() -> Iterator[str]:
    """Where our own view serves the public keys over HTTP, in a thread of its own."""
    with ThreadedWSGIServer(("127.0.0.1", 0), _QuietHandler) as server:
        server.set_app(WSGIHandler())
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{JWKS_PATH}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def node() -> Iterator[NodeProcess]:
    """One Node for the whole run."""
    with verifying_node(require_jose()) as process:
        yield process


@pytest.fixture(params=["joserfc", "jose"])
def library(request: pytest.FixtureRequest) -> str:
    """What a service verifies with."""
    name: str = request.param
    return name


@pytest.fixture
def open_service(
    library: str, request: pytest.FixtureRequest, jwks_uri: str
) -> OpenService:
    """Start a service that accepts these algorithms: ``open_service("ES256")``."""
    if library == "joserfc":
        return lambda *algorithms: JoserfcService(jwks_uri, algorithms)
    process: NodeProcess = request.getfixturevalue("node")
    return lambda *algorithms: JoseService(process, jwks_uri, algorithms)
