"""The JWK format (RFC 7517): private JWK -> Key, Key -> public JWK, thumbprints.

A key is written as one private JWK with the members ``alg`` and ``use`` and, for
rotation, ``signs_from`` and ``verifies_until`` (NumericDates, RFC 7519 §2).
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError
from jwt.utils import base64url_encode

from jwtauth.core.keys import (
    ALGORITHMS,
    CONTENT_ENCRYPTION,
    CONTENT_ENCRYPTION_BYTES,
    Algorithm,
    Key,
    KeyUse,
    PrivateKey,
    PublicKey,
    algorithm_of,
)
from jwtauth.exceptions import KeyRefused

Jwk: TypeAlias = Mapping[str, Any]

MIN_SECRET_BYTES = 32  # RFC 7518 §3.2: at least the size of the hash output
MIN_RSA_BITS = 2048  # RFC 7518 §3.3
_MIN_DISTINCT_BYTES = 12
_LAST_DATE = 253_402_300_799  # 9999-12-31T23:59:59Z

# RFC 7517 §4.3: what may be done with a private key that signs, or with one that
# encrypts.
_SIGN = (["sign"], ["sign", "verify"], ["verify", "sign"])
_ENCRYPT = (["encrypt", "decrypt"], ["decrypt", "encrypt"])

# RFC 7638 §3.2: the required members alone, in lexicographic order.
REQUIRED_MEMBERS = {
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
    "RSA": ("e", "kty", "n"),
    "oct": ("k", "kty"),
}

_FROM_JWK: Mapping[str, Callable[[str], Any]] = {
    "EC": ECAlgorithm.from_jwk,
    "OKP": OKPAlgorithm.from_jwk,
    "RSA": RSAAlgorithm.from_jwk,
    "oct": HMACAlgorithm.from_jwk,
}
TO_JWK: Mapping[str, Callable[[Any], str]] = {
    "EC": ECAlgorithm.to_jwk,
    "OKP": OKPAlgorithm.to_jwk,
    "RSA": RSAAlgorithm.to_jwk,
}
_INVALID = (InvalidKeyError, UnsupportedAlgorithm, LookupError, ValueError, TypeError)
_GENERATORS: Mapping[str, Callable[[], PrivateKey]] = {
    "EC": lambda: ec.generate_private_key(ec.SECP256R1()),
    "OKP": ed25519.Ed25519PrivateKey.generate,
    "RSA": lambda: rsa.generate_private_key(public_exponent=65537, key_size=3072),
}


def parse_key(jwk: Jwk) -> Key:
    """Read one private JWK.

    Args:
        jwk: the members, e.g. ``json.loads`` of a key file.

    Returns:
        The key, its material parsed once and for all.

    Raises:
        KeyRefused: a member is missing, wrong or too weak; the message never
            contains key material.
    """
    algorithm = _algorithm(jwk)
    use = _use(jwk, algorithm)
    signing = _material(jwk, algorithm)
    verifying = signing if isinstance(signing, bytes) else signing.public_key()
    kid = thumbprint(dict(jwk) | _public_members(verifying, algorithm))
    if jwk.get("kid", kid) != kid:
        raise KeyRefused(
            "The member 'kid' is not the RFC 7638 thumbprint of the key.",
            code="wrong_kid",
            hint=f"Leave 'kid' out or write {kid!r}.",
        )
    return Key(
        kid=kid,
        alg=jwk["alg"],
        use=use,
        signing=signing,
        verifying=verifying,
        signs_from=_numeric_date(jwk, "signs_from") or 0.0,
        verifies_until=_numeric_date(jwk, "verifies_until"),
    )


def generate_jwk(alg: str, use: KeyUse) -> dict[str, Any]:
    """Return a new private JWK for ``alg``, with ``kid``, ``alg`` and ``use``."""
    algorithm = algorithm_of(alg)
    if algorithm is None:
        raise ValueError(f"no algorithm {alg}")
    if algorithm.is_symmetric:
        secret = secrets.token_bytes(MIN_SECRET_BYTES)
        members = {"kty": "oct", "k": base64url_encode(secret).decode()}
    else:
        members = json.loads(TO_JWK[algorithm.kty](_GENERATORS[algorithm.kty]()))
        members.pop("key_ops", None)  # ``use`` says it; both must not disagree
    return {**members, "kid": thumbprint(members), "alg": alg, "use": str(use)}


def thumbprint(jwk: Jwk) -> str:
    """Return the RFC 7638 SHA-256 thumbprint, the same for both halves of a key."""
    members = {name: jwk[name] for name in REQUIRED_MEMBERS[jwk["kty"]]}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return base64url_encode(hashlib.sha256(canonical.encode()).digest()).decode()


def public_material(jwk: Jwk) -> PublicKey:
    """Parse the public half of an asymmetric key from its required members alone.

    Raises:
        KeyRefused: they are no valid key.
    """
    members = {name: jwk[name] for name in REQUIRED_MEMBERS[jwk["kty"]]}
    try:
        material: PublicKey = _FROM_JWK[jwk["kty"]](json.dumps(members))
    except _INVALID:
        raise KeyRefused(
            f"The members are not a valid {jwk['kty']} key.",
            code="invalid_key",
            hint="Publish the public half of a working key.",
        ) from None
    return material


def _algorithm(jwk: Jwk) -> Algorithm:
    alg = jwk.get("alg")
    algorithm = algorithm_of(alg)
    if algorithm is None:
        raise KeyRefused(
            "The member 'alg' is missing or names no supported algorithm.",
            code="unknown_algorithm",
            hint=f"Write one of {', '.join(ALGORITHMS)}; with use 'enc' "
            f"{CONTENT_ENCRYPTION}.",
        )
    if (jwk.get("kty"), jwk.get("crv")) != (algorithm.kty, algorithm.crv):
        wanted = algorithm.kty + (f" with crv {algorithm.crv}" if algorithm.crv else "")
        raise KeyRefused(
            f"A key for {alg} must have kty {wanted}.",
            code="wrong_key_type",
            hint="Make a new key with 'manage.py jwtauth_keys rotate'.",
        )
    return algorithm


def _use(jwk: Jwk, algorithm: Algorithm) -> KeyUse:
    try:
        use = KeyUse(str(jwk.get("use")))
    except ValueError:
        raise KeyRefused(
            "The member 'use' must be 'sig', 'refresh' or 'enc'.",
            code="wrong_use",
            hint="Say what the key is for; no key serves two purposes.",
        ) from None
    if use is KeyUse.REFRESH and not algorithm.is_symmetric:
        raise KeyRefused(
            "A key with use 'refresh' must be symmetric.",
            code="wrong_use",
            hint="Write alg HS256 and kty oct, or use 'sig'.",
        )
    if (use is KeyUse.ENC) is not (jwk["alg"] == CONTENT_ENCRYPTION):
        raise KeyRefused(
            f"alg {CONTENT_ENCRYPTION} is for use 'enc', and that for no other alg.",
            code="wrong_use",
            hint="Make it with 'manage.py jwtauth_keys init'.",
        )
    _refuse_wrong_ops(jwk, use)
    return use


def _refuse_wrong_ops(jwk: Jwk, use: KeyUse) -> None:
    allowed = _ENCRYPT if use is KeyUse.ENC else _SIGN
    if jwk.get("key_ops", allowed[0]) not in allowed:
        raise KeyRefused(
            f"The member 'key_ops' must be {' and '.join(allowed[-1])}, for its use is "
            f"'{use}'.",
            code="wrong_key_ops",
            hint="Leave 'key_ops' out.",
        )


def _material(jwk: Jwk, algorithm: Algorithm) -> PrivateKey | bytes:
    """Parse the key itself; PyJWT and cryptography check points and numbers."""
    try:
        material: PrivateKey | PublicKey | bytes = _FROM_JWK[algorithm.kty](
            json.dumps(dict(jwk))
        )
    except _INVALID:
        raise KeyRefused(
            f"The members are not a valid {algorithm.kty} key.",
            code="invalid_key",
            hint="Restore the file from a backup, or make a new key.",
        ) from None
    if isinstance(material, bytes):
        if jwk["alg"] == CONTENT_ENCRYPTION:
            _refuse_other_size(material)
        _refuse_weak_secret(material)
    elif not isinstance(material, PrivateKey):
        raise KeyRefused(
            "The private half is missing.",
            code="public_key",
            hint="Put the private JWK here; this side signs.",
        )
    elif isinstance(material, rsa.RSAPrivateKey) and material.key_size < MIN_RSA_BITS:
        raise KeyRefused(
            f"The RSA key has {material.key_size} bits; {MIN_RSA_BITS} is the least.",
            code="rsa_too_short",
            hint="Make a new key with 'manage.py jwtauth_keys rotate'.",
        )
    return material


def _refuse_weak_secret(secret: bytes) -> None:
    if len(secret) < MIN_SECRET_BYTES:
        raise KeyRefused(
            f"The secret has {len(secret)} bytes; HS256 needs at least "
            f"{MIN_SECRET_BYTES} (RFC 7518 section 3.2).",
            code="secret_too_short",
            hint="Make one with 'manage.py jwtauth_keys init' or rotate.",
        )
    is_text = re.fullmatch(rb"[A-Za-z \t\r\n_.,!?-]+", secret)
    if is_text or len(set(secret)) < _MIN_DISTINCT_BYTES:
        raise KeyRefused(
            "The secret looks like words or a repeated pattern.",
            code="secret_guessable",
            hint="Use random bytes: 'manage.py jwtauth_keys init' makes them.",
        )
    try:
        HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(secret)
    except InvalidKeyError:
        # RFC 8725 §2.1: what is public elsewhere is no secret here.
        raise KeyRefused(
            "The secret is itself a key or a certificate (PEM, DER, SSH or JWK).",
            code="secret_is_a_key",
            hint="Use random bytes: 'manage.py jwtauth_keys init' makes them.",
        ) from None


def _refuse_other_size(secret: bytes) -> None:
    if len(secret) != CONTENT_ENCRYPTION_BYTES:
        raise KeyRefused(
            f"The secret has {len(secret)} bytes; {CONTENT_ENCRYPTION} takes "
            f"{CONTENT_ENCRYPTION_BYTES} (RFC 7518 section 5.3).",
            code="wrong_size",
            hint="Make it with 'manage.py jwtauth_keys init'.",
        )


def _public_members(
    verifying: PublicKey | bytes, algorithm: Algorithm
) -> dict[str, Any]:
    """Re-encode the public half, so that one key has one thumbprint."""
    if isinstance(verifying, bytes):
        return {"k": base64url_encode(verifying).decode()}
    members: dict[str, Any] = json.loads(TO_JWK[algorithm.kty](verifying))
    return members


def _numeric_date(jwk: Jwk, name: str) -> float | None:
    value = jwk.get(name)
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Not NaN, which no instant is before or after, and none that no clock shows.
    if not is_number or not 0 <= value <= _LAST_DATE:
        raise KeyRefused(
            f"The member {name!r} must be a number of seconds since 1970.",
            code="wrong_date",
            hint="Write a NumericDate (RFC 7519 section 2), e.g. 1767225600.",
        )
    return float(value)
