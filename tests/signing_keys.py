"""The keys of the test run: made once per process, never written anywhere."""

import json
import os
from functools import cache
from typing import Any

from jwtauth.core.jwk import generate_jwk
from jwtauth.core.keys import KeyUse

VARIABLE = "TEST_SIGNING_KEYS"
"""Where a test that starts another process hands its keys over."""


@cache
def load() -> tuple[dict[str, Any], ...]:
    """Return one signing key and one refresh key, as ``JWTAUTH["KEYS"]`` wants them."""
    if VARIABLE in os.environ:
        return tuple(json.loads(os.environ[VARIABLE]))
    return (generate_jwk("ES256", KeyUse.SIG), generate_jwk("HS256", KeyUse.REFRESH))
