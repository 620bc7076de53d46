"""Programs that some tests need and that not every machine has."""

import os
import shutil
from typing import NoReturn

import pytest

# The reason of every skip for a missing program begins like this; the record of
# requirements tells such a skip from one that hides a gap.
MISSING_PROGRAM = "missing program: "


def require_program(name: str, how_to_get: str, *alternatives: str) -> str:
    """Return a program's path, or skip the test; under ``CI=true``, fail it.

    Args:
        name: The program, looked up on PATH.
        how_to_get: Half a sentence for the one who runs the tests.
        alternatives: Other names under which it may be installed.
    """
    found = next(filter(None, map(shutil.which, (name, *alternatives))), None)
    return found or skip_missing_program(name, how_to_get)


def skip_missing_program(name: str, how_to_get: str) -> NoReturn:
    """Skip the test for want of a program; under ``CI=true``, fail it."""
    reason = f"{MISSING_PROGRAM}{name} ({how_to_get})"
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; CI must not skip this", pytrace=False)
    pytest.skip(reason)
