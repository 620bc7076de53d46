"""The issuer of the page, and users of it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import HTTPServer
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.signals import request_started
from django.test import override_settings

from tests.conftest import Heard
from tests.docs.verify.django_service import DjangoService
from tests.docs.verify.issuer import Issuer
from tests.docs.verify.pages import ISSUER, SERVICE, block
from tests.docs.verify.recorder import Recorder

StartService: TypeAlias = Callable[..., DjangoService]

SCOPE = "reports:read"


@pytest.fixture
def issuer_settings(tmp_path: Path) -> dict[str, Any]:
    """What the page says that ``JWTAUTH`` is on the issuer."""
    names: dict[str, Any] = {"BASE_DIR": tmp_path / "issuer"}
    names["BASE_DIR"].mkdir()
    exec(block("issuer/settings.py"), names)  # noqa: S102 # our own page
    settings: dict[str, Any] = names["JWTAUTH"]
    return settings


@pytest.fixture
def issuer_urls(monkeypatch: pytest.MonkeyPatch) -> str:
    """What the page says that the URLs are on the issuer."""
    module = ModuleType("issuer_urls")
    exec(block("issuer/urls.py"), vars(module))  # noqa: S102 # our own page
    monkeypatch.setitem(sys.modules, "issuer_urls", module)
    return "issuer_urls"


@pytest.fixture
def issuer(issuer_settings: dict[str, Any], issuer_urls: str) -> Iterator[Issuer]:
    """The issuer, with the key that ``init`` makes."""
    with override_settings(JWTAUTH=issuer_settings, ROOT_URLCONF=issuer_urls):
        call_command("jwtauth_keys", "init", stdout=StringIO())
        issuer = Issuer(ISSUER, SERVICE)
        yield issuer
        issuer.stop()


@pytest.fixture
def fetches(issuer: Issuer, heard: Heard) -> list[dict[str, Any]]:
    """The requests that arrive at the issuer."""
    return heard(request_started)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A server in the place of another, that does as it is told."""
    recorder = Recorder(HTTPServer, ("127.0.0.1", 0))
    yield recorder
    recorder.close()


@pytest.fixture
def reader(alice: User) -> User:
    """A user whose tokens may read reports."""
    alice.groups.add(Group.objects.create(name=SCOPE))
    return alice


@pytest.fixture
def token(issuer: Issuer, reader: User) -> str:
    """A good access token with the scope that the recipes ask for."""
    return issuer.access_token(reader)


@pytest.fixture
def bearer(token: str) -> dict[str, str]:
    """The header that brings it."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def start_service(issuer: Issuer, tmp_path: Path) -> Iterator[StartService]:
    """Start the Django service: ``start_service(*replacements, **more_code)``.

    ``more_code`` is put at the end of a file: ``urls=...``.
    """
    with ExitStack() as stack:

        def start(
            *replacements: tuple[str, str],
            environment: dict[str, str] | None = None,
            **more_code: str,
        ) -> DjangoService:
            settings = issuer.told_to(block("reports/settings.py"))
            for old, new in replacements:
                assert old in settings
                settings = settings.replace(old, new)
            files = {
                "settings.py": settings + more_code.get("settings", ""),
                "urls.py": block("reports/urls.py") + more_code.get("urls", ""),
            }
            service = DjangoService(tmp_path / "service", files, **(environment or {}))
            return stack.enter_context(service)

        yield start
