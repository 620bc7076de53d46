"""The keys of the test run: made once per process, never written anywhere."""

from functools import cache
from typing import Any

from jwtauth.core.jwk import generate_jwk
from jwtauth.core.keys import KeyUse


@cache
def load() -> tuple[dict[str, Any], ...]:
    """Return one signing key and one refresh key, as ``JWTAUTH["KEYS"]`` wants them."""
    return (generate_jwk("ES256", KeyUse.SIG), generate_jwk("HS256", KeyUse.REFRESH))
