"""Access tokens built by hand, so that every byte of them can be wrong."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import pytest
from jwt import PyJWS
from jwt.algorithms import OKPAlgorithm

from jwtauth.core import codec
from jwtauth.core.claims import AccessClaims
from jwtauth.core.keys import Key, KeyRing
from jwtauth.core.policy import TokenPolicy
from jwtauth.exceptions import TokenRefused
from tests.jwtauth.core.key_box import ASYMMETRIC, key_of

Json: TypeAlias = Mapping[str, Any] | bytes

NOW = 1_800_000_000
POLICY = TokenPolicy(
    issuer="https://issuer.test", audience="https://api.test", client_id="first-party"
)
ROOMY = replace(POLICY, max_token_length=10**8)
KEY = key_of("ES256")
RING = KeyRing([key_of(alg) for alg in ASYMMETRIC if alg != "EdDSA"])
CLAIMS: dict[str, Any] = {
    "iss": "https://issuer.test",
    "aud": "https://api.test",
    "sub": "1",
    "client_id": "first-party",
    "iat": NOW - 60,
    "exp": NOW + 840,
    "jti": "jti-1",
    "sid": "sid-1",
    "auth_time": NOW - 60,
}


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(value: Json) -> str:
    """Return one part; bytes go in as they are."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return b64(data)


def header_of(key: Key = KEY, **members: object) -> dict[str, Any]:
    return {"typ": "at+jwt", "alg": key.alg, "kid": key.kid, **members}


def claims(**changes: object) -> dict[str, Any]:
    return {**CLAIMS, **changes}


def without(members: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in names}


def signature(parts: str, key: Key = KEY, *, alg: str | None = None) -> str:
    """Sign any text, with any algorithm."""
    name = alg or key.alg
    algorithm = (
        OKPAlgorithm() if name == "Ed25519" else PyJWS().get_algorithm_by_name(name)
    )
    return b64(algorithm.sign(parts.encode(), key.signing))


def signed(payload: Json = CLAIMS, header: Json | None = None, key: Key = KEY) -> str:
    """Return a token that is genuine, whatever it says."""
    parts = f"{encode(header_of(key) if header is None else header)}.{encode(payload)}"
    return f"{parts}.{signature(parts, key)}"


def verify(
    token: str,
    *,
    ring: KeyRing = RING,
    policy: TokenPolicy = POLICY,
    now: float = NOW,
) -> AccessClaims:
    """Return the claims of a token that counts at ``now``, as a flow would."""
    proven = codec.prove(token, ring=ring, policy=policy, now=now)
    codec.judge(proven, policy=policy, now=now)
    return proven.claims


def refusal_of(
    token: str,
    *,
    ring: KeyRing = RING,
    policy: TokenPolicy = POLICY,
    now: float = NOW,
) -> type[TokenRefused]:
    """Return the one reason why a token is refused."""
    with pytest.raises(TokenRefused) as caught:
        verify(token, ring=ring, policy=policy, now=now)
    return caught.type
