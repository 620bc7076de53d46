"""What it costs to verify an access token for the first time, against PyJWT."""

import time
from collections.abc import Iterator

from benchmarks import pyjwt
from benchmarks.comparison import Comparison
from jwtauth.core import codec
from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.keys import KeyRing, KeyUse


def measure() -> Iterator[Comparison]:
    """Yield one comparison for each algorithm, asymmetric ones first."""
    for alg in ("ES256", "EdDSA", "RS256", "HS256"):
        yield _comparison(alg)


def _comparison(alg: str) -> Comparison:
    key = parse_key(generate_jwk(alg, KeyUse.SIG))
    ring, now = KeyRing([key]), time.time()
    token = codec.sign(pyjwt.claims(now), key)

    def verify() -> object:
        proven = codec.prove(token, ring=ring, policy=pyjwt.POLICY, now=now)
        codec.judge(proven, policy=pyjwt.POLICY, now=now)
        return proven.claims

    return Comparison(
        id="access-first",
        about="access token, first time",
        against=f"PyJWT.decode {alg}",
        yardstick=pyjwt.decoder(token, key),
        contenders={alg: verify},
    )
