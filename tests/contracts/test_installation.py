"""Each app installs alone, both side by side, and both can be taken out again."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from demo_project.embedded_valkey import EmbeddedValkey
from tests import signing_keys

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.requirement("OPS-05")
@pytest.mark.parametrize(
    "apps",
    [["jwtauth"], ["sessionauth"], ["jwtauth", "sessionauth"]],
    ids=" and ".join,
)
def test_project_with_these_apps_alone_works(
    apps: list[str], valkey: EmbeddedValkey
) -> None:
    """No app may need the other one, the demo, or settings that nobody told of."""
    keys = {signing_keys.VARIABLE: json.dumps(signing_keys.load())}
    result = subprocess.run(  # noqa: S603 # our own module
        [sys.executable, "-m", "tests.contracts.alone_program", valkey.url, *apps],
        cwd=CHECKOUT,
        env={k: v for k, v in os.environ.items() if not k.startswith("DJANGO")} | keys,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == f"used {' '.join(apps)}"


@pytest.mark.requirement("OPS-05")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("app", ["jwtauth", "sessionauth"])
def test_migrations_go_to_zero_and_back(app: str) -> None:
    """Who tries the package and gives it up keeps nothing of it."""
    tables = set(connection.introspection.table_names())
    try:
        call_command("migrate", app, "zero", verbosity=0)
        left = connection.introspection.table_names()
    finally:
        call_command("migrate", app, verbosity=0)

    assert not [name for name in left if name.startswith(f"{app}_")]
    assert set(connection.introspection.table_names()) == tables


@pytest.mark.requirement("OPS-05")
@pytest.mark.django_db
def test_models_say_what_the_migrations_say() -> None:
    """A project's own makemigrations must not write into the packages."""
    out = StringIO()

    call_command("makemigrations", "jwtauth", "sessionauth", dry_run=True, stdout=out)

    assert out.getvalue().startswith("No changes detected")
