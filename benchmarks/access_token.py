"""What it costs to verify an access token, against ``PyJWT.decode``."""

import time
from collections.abc import Iterator

import jwt

from benchmarks.interleaved import time_against_each_other
from benchmarks.rows import Row
from jwtauth.core import codec
from jwtauth.core.claims import AccessClaims
from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.keys import Key, KeyRing, KeyUse
from jwtauth.core.policy import TokenPolicy

POLICY = TokenPolicy(issuer="i", audience="a", client_id="c")


def measure() -> Iterator[Row]:
    """Yield one row for each algorithm, asymmetric ones first."""
    for alg in ("ES256", "EdDSA", "RS256", "HS256"):
        yield _row(alg)


def _row(alg: str) -> Row:
    key = parse_key(generate_jwk(alg, KeyUse.SIG))
    ring = KeyRing([key])
    now = time.time()
    token = codec.sign(_claims(now), key)
    timings = time_against_each_other(
        {
            "ours": lambda: codec.verify(token, ring=ring, policy=POLICY, now=now),
            "PyJWT": lambda: _pyjwt_decode(token, key),
        }
    )
    return Row.of(
        f"access token, first time, {alg}",
        timings["ours"],
        timings["PyJWT"],
        against=f"PyJWT.decode {alg}",
        budget=1.2 if alg == "ES256" else None,
    )


def _pyjwt_decode(token: str, key: Key) -> object:
    return jwt.decode(
        token,
        key.verifying,
        algorithms=[key.alg],
        audience="a",
        issuer="i",
        options={"require": ["exp", "iat", "sub", "jti"]},
    )


def _claims(now: float) -> AccessClaims:
    return AccessClaims(
        issuer="i",
        audience=("a",),
        subject="1",
        client_id="c",
        issued_at=int(now),
        expires_at=int(now) + 3600,
        jti="j" * 22,
        sid="s" * 22,
        auth_time=int(now),
    )
