"""Keys for the tests of the core: each made once per process, RSA being slow."""

import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.keys import Key, KeyUse

ASYMMETRIC = ("ES256", "Ed25519", "EdDSA", "RS256", "PS256")
EVERY_ALG = (*ASYMMETRIC, "HS256")


@cache
def rsa_members(bits: int) -> dict[str, str]:
    """Return the members of one private RSA key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    members: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(key))
    del members["key_ops"]
    return members


@cache
def _jwk(alg: str, use: KeyUse) -> dict[str, Any]:
    if alg in {"RS256", "PS256"}:
        return {**rsa_members(2048), "alg": alg, "use": str(use)}
    return generate_jwk(alg, use)


def secret_jwk(secret: bytes, use: KeyUse = KeyUse.SIG) -> dict[str, str]:
    """Return the JWK of an HMAC secret, however weak."""
    k = base64url_encode(secret).decode()
    return {"kty": "oct", "alg": "HS256", "use": str(use), "k": k}


def jwk_of(alg: str, use: KeyUse = KeyUse.SIG, /, **members: object) -> dict[str, Any]:
    """Return the private JWK of ``alg``, with other members on top."""
    return {**_jwk(alg, use), **members}


@cache
def key_of(alg: str, use: KeyUse = KeyUse.SIG, /, **members: object) -> Key:
    """Return the key of ``alg``."""
    return parse_key(jwk_of(alg, use, **members))
