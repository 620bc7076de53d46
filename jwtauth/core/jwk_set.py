"""JWK Sets (RFC 7517 §5): the public keys that we publish, and another issuer's."""

import json
from collections.abc import Iterator, Mapping

from cryptography.hazmat.primitives.asymmetric import rsa

from jwtauth.core.jwk import (
    MIN_RSA_BITS,
    REQUIRED_MEMBERS,
    TO_JWK,
    Jwk,
    public_material,
    thumbprint,
)
from jwtauth.core.keys import ALGORITHMS, Key, KeyRing, KeyUse, PublicKey
from jwtauth.core.strict_json import parse_object
from jwtauth.exceptions import KeyRefused, TokenMalformed

# RFC 7517 §4.3, where a set says it of a key that verifies.
_VERIFY = (None, ["verify"])

# RFC 7518 §6: what a public key must not have.
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def public_jwk(key: Key) -> dict[str, str]:
    """Return the public half as a JWK: allow-listed members only (RFC 7517 §9).

    Raises:
        KeyRefused: the key is symmetric or not for signatures.
    """
    if isinstance(key.verifying, bytes) or key.use is not KeyUse.SIG:
        raise KeyRefused(
            f"Key {key.kid} has no public half to publish.",
            code="not_publishable",
            hint="Publish asymmetric keys with use 'sig' only.",
        )
    public = _members(key.verifying, ALGORITHMS[key.alg].kty)
    return {**public, "kid": key.kid, "alg": key.alg, "use": "sig"}


def jwks(ring: KeyRing, now: float) -> dict[str, list[dict[str, str]]]:
    """Return the JWK Set of every key that verifies at ``now`` (RFC 7517 §5).

    The next key is in it before it signs; symmetric keys never are.
    """
    living = ring.living(KeyUse.SIG, now)
    return {"keys": [public_jwk(key) for key in living if not key.is_symmetric]}


def parse_jwk_set(document: bytes) -> tuple[list[Key], list[str]]:
    """Read the JWK Set of another issuer.

    A key that can't be used is left out and keeps none of the others from being used;
    unknown members are nothing (RFC 7517 §5). Every key is known by its own RFC 7638
    thumbprint, as those that we publish: so a name can't change hands.

    Returns:
        The keys that verify signatures, by name, and in a sentence each why others
        don't.

    Raises:
        TokenMalformed: it is no JWK Set, or a name in it occurs twice.
    """
    members = parse_object(document).get("keys")
    if not isinstance(members, list):
        raise TokenMalformed("a JWK Set has a list 'keys'")
    keys: dict[str, Key] = {}
    skipped: list[str] = []
    for position, jwk in enumerate(members, start=1):
        try:
            key = parse_public_key(jwk)
            if keys.setdefault(key.kid, key).alg != key.alg:
                raise _unusable("It is there already, with another 'alg'.")
        except KeyRefused as problem:
            skipped.append(f"key number {position} is left out. {problem}")
    # The order says nothing, and a set in another order is no other set.
    return [keys[kid] for kid in sorted(keys)], skipped


def parse_public_key(jwk: object) -> Key:
    """Read the public half of a signature key.

    Raises:
        KeyRefused: it is of no use for verifying access tokens; says why.
    """
    if not isinstance(jwk, Mapping):
        raise _unusable("It is not a JSON object.")
    for fault in _faults(jwk):
        raise _unusable(fault)
    verifying = public_material(jwk)
    if isinstance(verifying, rsa.RSAPublicKey) and verifying.key_size < MIN_RSA_BITS:
        raise _unusable(f"RSA keys must have at least {MIN_RSA_BITS} bits.")
    kid = thumbprint(_members(verifying, jwk["kty"]))
    if jwk.get("kid") != kid:
        raise _unusable("Its 'kid' is not its RFC 7638 thumbprint.")
    return Key(
        kid=kid,
        alg=jwk["alg"],
        use=KeyUse.SIG,
        signing=None,
        verifying=verifying,
    )


def _faults(jwk: Jwk) -> Iterator[str]:
    alg = jwk.get("alg")
    algorithm = ALGORITHMS.get(alg) if isinstance(alg, str) else None
    if algorithm is None or algorithm.is_symmetric:
        yield f"Its 'alg' is none of {', '.join(asymmetric_algorithms())}."
        return
    if (jwk.get("kty"), jwk.get("crv")) != (algorithm.kty, algorithm.crv):
        yield f"Its 'kty' and 'crv' are not those of {alg}."
    if jwk.get("use", "sig") != "sig" or jwk.get("key_ops") not in _VERIFY:
        yield "It is not for verifying signatures."
    if not _PRIVATE.isdisjoint(jwk):
        yield "It holds its private half: whoever reads the set can sign."
    members = REQUIRED_MEMBERS[algorithm.kty]
    if not all(isinstance(jwk.get(name), str) for name in members):
        yield f"It must have {', '.join(members)}."


def _members(verifying: PublicKey, kty: str) -> dict[str, str]:
    """Return the public half in its one spelling, so that one key has one name."""
    members = json.loads(TO_JWK[kty](verifying))
    return {name: members[name] for name in REQUIRED_MEMBERS[kty]}


def asymmetric_algorithms() -> list[str]:
    """Return the algorithms with which who verifies can't sign."""
    return [
        name for name, algorithm in ALGORITHMS.items() if not algorithm.is_symmetric
    ]


def _unusable(fault: str) -> KeyRefused:
    return KeyRefused(
        fault, code="unusable", hint="Ask the issuer of the keys to mend it."
    )
