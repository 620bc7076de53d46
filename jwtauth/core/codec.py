"""Sign and verify access tokens: the only caller of PyJWT's codec.

The checks that are stricter than PyJWT's come before it: one spelling of every
part, strict JSON, and a key that is found by name and brings its own algorithm.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from jwt import PyJWS
from jwt.algorithms import OKPAlgorithm
from jwt.exceptions import InvalidKeyError, InvalidTokenError
from jwt.utils import base64url_decode

from jwtauth.core import rules
from jwtauth.core.claims import AccessClaims, parse_claims
from jwtauth.core.keys import ALGORITHMS, Key, KeyRing
from jwtauth.core.policy import TokenPolicy
from jwtauth.core.strict_json import parse_object
from jwtauth.exceptions import KeyUnknown, SignatureInvalid, TokenMalformed

# Unpadded base64url with no stray bits in the last character: one value, one
# spelling (RFC 7515 §2; RFC 4648 §3.5).
_CANONICAL = r"(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?"
_COMPACT_JWS = re.compile(rf"({_CANONICAL})\.({_CANONICAL})\.({_CANONICAL})", re.ASCII)


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


def sign(claims: AccessClaims, key: Key) -> str:
    """Return ``claims`` as a signed access token (RFC 9068 §2.1).

    Args:
        claims: what the token says.
        key: the signing key; its ``kid`` and ``alg`` go into the header.
    """
    return _CODEC.encode(
        json.dumps(claims.to_payload(), separators=(",", ":")).encode(),
        key.signing,
        algorithm=key.alg,
        headers={"typ": "at+jwt", "kid": key.kid},
    )


def verify(
    token: str, *, ring: KeyRing, policy: TokenPolicy, now: float
) -> AccessClaims:
    """Return the claims of an access token that counts at ``now``.

    Args:
        token: the compact serialisation, as it came.
        ring: the keys that may have signed it.
        policy: issuer, audience, leeway and size to hold it to.
        now: Unix seconds.

    Raises:
        TokenRefused: one subclass per reason.
    """
    proven = prove(token, ring=ring, policy=policy, now=now)
    judge(proven, policy=policy, now=now)
    return proven.claims


@dataclass(frozen=True, kw_only=True)
class Proven:
    """What a signature proves once and for all, and the key that made it."""

    claims: AccessClaims
    key: Key


def prove(token: str, *, ring: KeyRing, policy: TokenPolicy, now: float) -> Proven:
    """Return the claims of an access token of ours, even if it has expired.

    Enough to end a login with, never enough to act as its user: ``judge`` decides.

    Raises:
        TokenRefused: one subclass per reason.
    """
    header = peek_unverified_header(token, policy=policy)
    rules.refuse_other_type(header)
    rules.refuse_extensions(header)
    key = rules.key_of(header, ring, now)
    rules.refuse_other_algorithm(header, key)
    claims = parse_claims(parse_object(verified_payload(token, key)))
    rules.refuse_other_issuer(claims, policy)
    rules.refuse_other_audience(claims, policy)
    return Proven(claims=claims, key=key)


def judge(proven: Proven, *, policy: TokenPolicy, now: float) -> None:
    """Make sure that a proven token counts at ``now``: what time can change.

    Raises:
        KeyUnknown: its key has ended.
        TokenExpired: it is past ``exp``.
        TokenNotYetValid: it is before ``nbf``, or issued in the future.
    """
    if not proven.key.is_alive(now):
        raise KeyUnknown
    rules.refuse_expired(proven.claims, policy, now)
    rules.refuse_premature(proven.claims, policy, now)


def peek_unverified_header(token: str, *, policy: TokenPolicy) -> dict[str, Any]:
    """Return the header of a token; nothing in it is proven yet.

    Raises:
        TokenMalformed: the text is too long or no canonical compact JWS.
    """
    rules.refuse_too_long(token, policy)
    return unverified_parts(token)[0]


def unverified_parts(token: str) -> tuple[dict[str, Any], bytes]:
    """Return header and payload of a token of any length; nothing is proven yet.

    Raises:
        TokenMalformed: the text is no canonical compact JWS with a JSON header.
    """
    parts = _COMPACT_JWS.fullmatch(token)
    if parts is None:
        raise TokenMalformed("not three canonical base64url parts")
    return parse_object(base64url_decode(parts[1])), base64url_decode(parts[2])


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
