"""The second service within the tests' own process: its settings, and an issuer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TypeAlias

import pytest
from django.test import Client, override_settings

from demo_project.resource_server import settings
from tests.demo_project.demo_process import free_port
from tests.demo_project.resource_server.issuer import AUDIENCE, ISSUER, Issuer

StartService: TypeAlias = Callable[[str], Client]

# Without a database there is nothing to override, and the tests' own log is watched.
SETTINGS = {
    name: getattr(settings, name)
    for name in dir(settings)
    if name.isupper() and name not in {"CHECKOUT", "DATABASES", "LOGGING"}
}


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def start_service() -> Iterator[StartService]:
    """Put the second service in force, with the keys at an address."""
    with ExitStack() as stack:

        def start(address: str) -> Client:
            keys = {"ISSUER": ISSUER, "AUDIENCE": AUDIENCE, "KEYS": address}
            values = {**SETTINGS, "JWTAUTH": {**settings.JWTAUTH, **keys}}
            stack.enter_context(override_settings(**values))
            return Client(headers={"host": "127.0.0.1"})

        yield start


@pytest.fixture
def service(issuer: Issuer, start_service: StartService) -> Iterator[Client]:
    """A client of the second service, whose issuer is up."""
    with issuer.published() as address:
        yield start_service(address)


@pytest.fixture
def orphan(start_service: StartService) -> Client:
    """A client of the second service, whose issuer was never up."""
    return start_service(f"http://127.0.0.1:{free_port()}/.well-known/jwks.json")
