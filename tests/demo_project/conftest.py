"""People, and devices of both schemes that reach the demo without a server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User

from demo_project.devices import Device, JwtDevice, SessionDevice
from demo_project.embedded_valkey import data_directory
from demo_project.environment import CHECKOUT
from tests.demo_project.client_caller import ClientCaller
from tests.demo_project.demo_process import DemoProcess

PASSWORD = "a-password-for-tests"

StartDemo = Callable[..., DemoProcess]
LogIn = Callable[[str, User], Device]


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", password=PASSWORD)


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob", password=PASSWORD)


@pytest.fixture
def log_in() -> LogIn:
    """Log a user in under a prefix, which names the scheme."""

    def log_in(prefix: str, user: User, scheme: str = "") -> Device:
        kind = {"jwt": JwtDevice, "session": SessionDevice}[scheme or prefix[1:]]
        device: Device = kind(ClientCaller("test"), prefix)
        device.log_in(user.username, PASSWORD)
        return device

    return log_in


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a data directory that is in use for in use at once."""
    monkeypatch.setattr(data_directory, "LOCK_SECONDS", 0.2)


@pytest.fixture
def start_demo() -> Iterator[StartDemo]:
    """Start programs of the demo; whatever still runs ends with the test."""
    with ExitStack() as stack:

        def start(directory: Path, **variables: str) -> DemoProcess:
            process = DemoProcess(directory, **variables)
            stack.callback(process.clean_up)
            return process

        yield start


@pytest.fixture(autouse=True)
def _own_look(settings: LazySettings) -> None:
    """Find the demo's own templates, as the demo's settings do."""
    templates = [
        {**engine, "DIRS": [CHECKOUT / "templates"]} for engine in settings.TEMPLATES
    ]
    settings.TEMPLATES = templates
    settings.STATIC_URL = "static/"
