"""Ways to spoil a token, each of which leaves everything else as it was."""

import hmac
import json
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.jwk_set import public_jwk
from jwtauth.core.keys import Key, KeyUse
from tests.jwtauth.core.raw_tokens import (
    b64,
    encode,
    header_of,
    signature,
    signed,
    unb64,
    without,
)

Forge: TypeAlias = Callable[[dict[str, Any], Key], str]
"""Makes a bad token of claims that were good and of the published key."""

# Another name under which a key could serve, if it did not say which one is its own.
OTHER_ALG = {
    "ES256": "ES384",
    "Ed25519": "EdDSA",
    "EdDSA": "Ed25519",
    "RS256": "PS256",
    "PS256": "RS256",
}


@cache
def stranger(alg: str) -> Key:
    """Return a key of the same kind that nobody has published."""
    return parse_key(generate_jwk(alg, KeyUse.SIG))


def with_claims(
    **changes: Callable[[dict[str, Any]], object] | object,
) -> Forge:
    """Sign other claims; a function gets the good ones."""

    def forge(good: dict[str, Any], key: Key) -> str:
        changed = {
            name: value(good) if callable(value) else value
            for name, value in changes.items()
        }
        return signed({**good, **changed}, key=key)

    return forge


def with_header(**changes: object) -> Forge:
    """Sign under another header."""
    return lambda good, key: signed(good, header_of(key, **changes), key)


def without_claim(name: str) -> Forge:
    """Sign everything but one claim."""
    return lambda good, key: signed(without(good, name), key=key)


def without_header(name: str) -> Forge:
    """Sign under a header that lacks a member."""
    return lambda good, key: signed(good, without(header_of(key), name), key)


def unsigned(good: dict[str, Any], key: Key) -> str:
    """Leave the signature out and say so."""
    return f"{encode(header_of(key, alg='none'))}.{encode(good)}."


def with_public_secret(
    form: Callable[[Key], bytes],
) -> Forge:
    """Use what is published as the secret of an HMAC (RFC 8725 §2.1)."""

    def forge(good: dict[str, Any], key: Key) -> str:
        parts = f"{encode(header_of(key, alg='HS256'))}.{encode(good)}"
        return f"{parts}.{b64(hmac.digest(form(key), parts.encode(), 'sha256'))}"

    return forge


def pem(key: Key) -> bytes:
    """Return the public key as everybody's tools write it."""
    return _serialized(key, Encoding.PEM)


def der(key: Key) -> bytes:
    """Return the bytes inside of the PEM."""
    return _serialized(key, Encoding.DER)


def jwk(key: Key) -> bytes:
    """Return the public key as it is published."""
    return json.dumps(public_jwk(key)).encode()


def _serialized(key: Key, encoding: Encoding) -> bytes:
    assert not isinstance(key.verifying, bytes)
    return key.verifying.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def with_other_algorithm(good: dict[str, Any], key: Key) -> str:
    """Name an algorithm that isn't the key's, and sign by it where that is possible."""
    other = OTHER_ALG[key.alg]
    parts = f"{encode(header_of(key, alg=other))}.{encode(good)}"
    return f"{parts}.{signature(parts, key, alg=None if other == 'ES384' else other)}"


def with_tampered_payload(good: dict[str, Any], key: Key) -> str:
    """Become somebody else under a signature that was good."""
    header, _, proof = signed(good, key=key).split(".")
    return f"{header}.{encode({**good, 'sub': '2'})}.{proof}"


def with_tampered_signature(good: dict[str, Any], key: Key) -> str:
    """Change one bit of the signature."""
    parts, _, proof = signed(good, key=key).rpartition(".")
    data = bytearray(unb64(proof))
    data[len(data) // 2] ^= 1
    return f"{parts}.{b64(bytes(data))}"


def with_embedded_key(good: dict[str, Any], key: Key) -> str:
    """Bring the key along, under its own name."""
    own = stranger(key.alg)
    return signed(good, header_of(own, jwk=public_jwk(own)), own)


def with_embedded_key_under_our_kid(good: dict[str, Any], key: Key) -> str:
    """Bring the key along, under the name of the published one."""
    own = stranger(key.alg)
    return signed(good, header_of(key, jwk=public_jwk(own)), own)


def with_strangers_key(good: dict[str, Any], key: Key) -> str:
    """Sign with another key under the name of the published one."""
    return signed(good, header_of(key), stranger(key.alg))


def with_stray_bits(good: dict[str, Any], key: Key) -> str:
    """Spell the same signature otherwise (RFC 4648 §3.5)."""
    text = signed(good, key=key)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) + 1]


def with_a_claim_twice(good: dict[str, Any], key: Key) -> str:
    """Say two things at once; only we could sign that."""
    payload = json.dumps(good).replace('{"', '{"sub": "2", "', 1)
    return signed(payload.encode(), key=key)
