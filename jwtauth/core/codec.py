"""Sign and verify access tokens: the only caller of PyJWT's codec.

The checks that are stricter than PyJWT's come before it: one spelling of every
part, strict JSON, and a key that is found by name and brings its own algorithm.
"""

import json
from dataclasses import dataclass
from typing import Any

from jwt import PyJWS
from jwt.algorithms import OKPAlgorithm
from jwt.exceptions import InvalidKeyError, InvalidTokenError

from jwtauth.core import rules
from jwtauth.core.claims import AccessClaims, parse_claims
from jwtauth.core.compact import unverified_jws
from jwtauth.core.keys import ALGORITHMS, Key, KeyRing, KeyUse, no_key
from jwtauth.core.policy import TokenPolicy
from jwtauth.core.strict_json import parse_object
from jwtauth.exceptions import KeyUnknown, SignatureInvalid


def _new_codec() -> PyJWS:
    known = set(PyJWS().get_algorithms())
    # A key shorter than its hash is an error here, where PyJWT only warns.
    codec = PyJWS(
        algorithms=sorted(known & set(ALGORITHMS)),
        options={"enforce_minimum_key_length": True},
    )
    # RFC 9864 names the curve; PyJWT may know only the older EdDSA. The curve
    # has been checked where the key was read.
    if "Ed25519" not in known:
        codec.register_algorithm("Ed25519", OKPAlgorithm())
    return codec


_CODEC = _new_codec()


def issue(
    claims: AccessClaims, *, ring: KeyRing, policy: TokenPolicy, now: float
) -> str:
    """Return an access token: signed, and encrypted where the policy says so.

    Args:
        claims: what the token says.
        ring: the keys to choose from.
        policy: whether to encrypt.
        now: Unix seconds.

    Raises:
        KeyRefused: no key has started.
    """
    token = sign(claims, ring.signing_key(now))
    if not policy.encryption:
        return token
    from jwtauth.core import encryption  # noqa: PLC0415 # its library is an extra

    return encryption.encrypt(token, ring.current(KeyUse.ENC, now))


def sign(claims: AccessClaims, key: Key) -> str:
    """Return ``claims`` as a signed access token (RFC 9068 §2.1).

    Args:
        claims: what the token says.
        key: the signing key; its ``kid`` and ``alg`` go into the header.

    Raises:
        KeyRefused: it is the public half of another service's key.
    """
    if key.signing is None:
        raise no_key(KeyUse.SIG)
    return _CODEC.encode(
        json.dumps(claims.to_payload(), separators=(",", ":")).encode(),
        key.signing,
        algorithm=key.alg,
        headers={"typ": "at+jwt", "kid": key.kid},
    )


@dataclass(frozen=True, kw_only=True)
class Proven:
    """What a signature proves once and for all, and the keys that it took."""

    claims: AccessClaims
    key: Key
    encryption_key: Key | None = None


def prove(token: str, *, ring: KeyRing, policy: TokenPolicy, now: float) -> Proven:
    """Return the claims of an access token of ours, even if it has expired.

    Enough to end a login with, never enough to act as its user: ``judge`` decides.

    Args:
        token: the compact serialisation, as it came.
        ring: the keys that may have signed it.
        policy: issuer, audience and size to hold it to.
        now: Unix seconds.

    Raises:
        TokenRefused: one subclass per reason.
    """
    encryption_key = None
    if policy.encryption:
        opened = open_encrypted(token, ring=ring, policy=policy, now=now)
        encryption_key, token = opened
    header = peek_unverified_header(token, policy=policy)
    rules.refuse_other_type(header)
    rules.refuse_extensions(header)
    key = rules.key_of(header, ring, now)
    rules.refuse_other_algorithm(header, key)
    claims = parse_claims(parse_object(verified_payload(token, key)))
    rules.refuse_other_issuer(claims, policy)
    rules.refuse_other_audience(claims, policy)
    return Proven(claims=claims, key=key, encryption_key=encryption_key)


def open_encrypted(
    token: str, *, ring: KeyRing, policy: TokenPolicy, now: float
) -> tuple[Key, str]:
    """Return the key of an encrypted token and the signed one inside.

    A token that isn't encrypted is none: what was to be kept secret never was.
    """
    from jwtauth.core import encryption  # noqa: PLC0415 # its library is an extra

    key = encryption.decryption_key(token, ring=ring, policy=policy, now=now)
    return key, encryption.decrypt(token, key)


def judge(proven: Proven, *, policy: TokenPolicy, now: float) -> None:
    """Make sure that a proven token counts at ``now``: what time can change.

    Raises:
        KeyUnknown: one of its keys has ended.
        TokenExpired: it is past ``exp``.
        TokenNotYetValid: it is before ``nbf``, or issued in the future.
    """
    for key in (proven.key, proven.encryption_key):
        if key is not None and not key.is_alive(now):
            raise KeyUnknown
    rules.refuse_expired(proven.claims, policy, now)
    rules.refuse_premature(proven.claims, policy, now)


def peek_unverified_header(token: str, *, policy: TokenPolicy) -> dict[str, Any]:
    """Return the header of a signed token; nothing in it is proven yet.

    Raises:
        TokenMalformed: the text is too long or no canonical compact JWS.
    """
    rules.refuse_too_long(token, policy)
    return unverified_jws(token)[0]


def verified_payload(token: str, key: Key) -> bytes:
    """Return what ``key`` has signed, by the key's own algorithm.

    Raises:
        SignatureInvalid: it has not signed this.
    """
    try:
        payload: bytes = _CODEC.decode(token, key.verifying, algorithms=[key.alg])
    except (InvalidTokenError, InvalidKeyError) as error:
        raise SignatureInvalid from error
    return payload
