"""What the second service loads and opens: no models, no Redis, none of the secrets."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo_project.environment import CHECKOUT
from demo_project.ports import reserved_port
from tests.demo_project.demo_process import clean_environment

PROGRAM = "tests.demo_project.resource_server.imports_program"
DATABASE = ("django.db", "psycopg", "sqlite3")
SECRETS = ("keys/sig-1.json", "keys/refresh-1.json", "secret_key", "db.sqlite3")


def _run(*arguments: str, **variables: str) -> dict[str, Any]:
    ran = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", PROGRAM, *arguments],
        cwd=CHECKOUT,
        env={**clean_environment(), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


@pytest.fixture(scope="module")
def demo_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The issuer's directory, with all that the second service must not read."""
    directory = tmp_path_factory.mktemp("demo")
    (directory / "keys").mkdir()
    for name in SECRETS:
        (directory / name).write_text("{}")
    return directory


@pytest.fixture(scope="module")
def service(demo_directory: Path) -> dict[str, Any]:
    """What it took to answer in every way that the second service has."""
    with reserved_port() as port:
        return _run("service", str(port), DEMO_DIR=str(demo_directory))


@pytest.fixture(scope="module")
def baseline() -> dict[str, Any]:
    """What it takes DRF alone to refuse somebody."""
    return _run("baseline")


def test_every_kind_of_answer_was_given(service: dict[str, Any]) -> None:
    """Else what follows would prove little."""
    assert service["statuses"] == [503, 200, 200, 200, 200, 401, 401, 401]


def test_no_model_is_registered(service: dict[str, Any]) -> None:
    """A model without its app, or an app for a model, is a table to migrate."""
    assert service["models"] == []


@pytest.mark.parametrize(
    "module",
    [
        *("jwtauth.models", "jwtauth.stores.families", "jwtauth.stores.denylist"),
        *("django.contrib.auth.models", "redis", "django_redis"),
    ],
)
def test_module_is_not_loaded(service: dict[str, Any], module: str) -> None:
    """A service that verifies with a public key alone has neither users nor Redis."""
    assert module not in service["modules"]


def test_nothing_of_databases_is_loaded_that_drf_does_not_load_itself(
    service: dict[str, Any], baseline: dict[str, Any]
) -> None:
    """DRF brings Django's models along; that is as far as it goes."""
    assert baseline["statuses"] == [401]
    brought = {name for name in service["modules"] if name.startswith(DATABASE)}
    assert brought <= set(baseline["modules"])


def test_nothing_of_the_issuers_directory_is_opened(
    service: dict[str, Any], demo_directory: Path
) -> None:
    """Keys that can sign are the issuer's alone: the address is all it takes."""
    opened = service["opened"]
    assert any(path.endswith("style.css") or "templates" in path for path in opened)
    assert [path for path in opened if path.startswith(str(demo_directory))] == []
