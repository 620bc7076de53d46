"""Bad tokens, each with one fault, and what every verifier calls it.

All but the last four are refused by all three.
"""

import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.jwk_set import public_jwk
from jwtauth.core.keys import Key, KeyUse
from tests.jwtauth.core.raw_tokens import (
    b64,
    claims,
    encode,
    header_of,
    signature,
    signed,
    unb64,
    without,
)

# Another name under which a key could serve, if it did not say which one is its own.
OTHER_ALG = {
    "ES256": "ES384",
    "Ed25519": "EdDSA",
    "EdDSA": "Ed25519",
    "RS256": "PS256",
    "PS256": "RS256",
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with a token.

    ``forge`` makes it of claims that were good and of the published key. The names of
    verifiers hold what each calls the fault, None where it lets it pass; ``rows`` are
    the requirements that jwtauth meets by refusing it.
    """

    forge: Callable[[dict[str, Any], Key], str]
    jwtauth: str
    joserfc: str | None
    jose: str | None
    rows: Sequence[str] = ()


def good_claims() -> dict[str, Any]:
    """Return the claims of a token that was issued just now."""
    now = int(time.time())
    return claims(iat=now, exp=now + 900, auth_time=now)


@cache
def stranger(alg: str) -> Key:
    """Return a key of the same kind that nobody has published."""
    return parse_key(generate_jwk(alg, KeyUse.SIG))


def with_claims(
    **changes: Callable[[dict[str, Any]], object] | object,
) -> Callable[[dict[str, Any], Key], str]:
    """Sign other claims; a function gets the good ones."""

    def forge(good: dict[str, Any], key: Key) -> str:
        changed = {
            name: value(good) if callable(value) else value
            for name, value in changes.items()
        }
        return signed({**good, **changed}, key=key)

    return forge


def with_header(**changes: object) -> Callable[[dict[str, Any], Key], str]:
    """Sign under another header."""
    return lambda good, key: signed(good, header_of(key, **changes), key)


def without_claim(name: str) -> Callable[[dict[str, Any], Key], str]:
    """Sign everything but one claim."""
    return lambda good, key: signed(without(good, name), key=key)


def without_header(name: str) -> Callable[[dict[str, Any], Key], str]:
    """Sign under a header that lacks a member."""
    return lambda good, key: signed(good, without(header_of(key), name), key)


def unsigned(good: dict[str, Any], key: Key) -> str:
    """Leave the signature out and say so."""
    return f"{encode(header_of(key, alg='none'))}.{encode(good)}."


def with_public_secret(
    form: Callable[[Key], bytes],
) -> Callable[[dict[str, Any], Key], str]:
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


_CLAIM_FAILED = "ERR_JWT_CLAIM_VALIDATION_FAILED"
_BAD_SIGNATURE = {
    "jwtauth": "signature_invalid",
    "joserfc": "bad_signature",
    "jose": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
}
_BAD_ALGORITHM = {
    "jwtauth": "algorithm_mismatch",
    "joserfc": "unsupported_algorithm",
    "jose": "ERR_JOSE_ALG_NOT_ALLOWED",
}
_UNKNOWN_KEY = {
    "jwtauth": "key_unknown",
    "joserfc": "invalid_key_id",
    "jose": "ERR_JWKS_NO_MATCHING_KEY",
}

FAULTS: Mapping[str, Fault] = {
    "expired": Fault(
        forge=with_claims(exp=lambda good: good["iat"] - 60),
        jwtauth="token_expired",
        joserfc="expired_token exp",
        jose="ERR_JWT_EXPIRED exp",
        rows=["JWT-08"],
    ),
    "not yet valid": Fault(
        forge=with_claims(nbf=lambda good: good["iat"] + 600),
        jwtauth="token_not_yet_valid",
        joserfc="invalid_claim nbf",
        jose=f"{_CLAIM_FAILED} nbf",
        rows=["JWT-09"],
    ),
    "other issuer": Fault(
        forge=with_claims(iss="https://issuer.test/"),
        jwtauth="issuer_mismatch",
        joserfc="invalid_claim iss",
        jose=f"{_CLAIM_FAILED} iss",
        rows=["JWT-10"],
    ),
    "other audience": Fault(
        forge=with_claims(aud="https://api.test.evil"),
        jwtauth="audience_mismatch",
        joserfc="invalid_claim aud",
        jose=f"{_CLAIM_FAILED} aud",
        rows=["JWT-11"],
    ),
    "several other audiences": Fault(
        forge=with_claims(aud=["https://api", "https://api.test/"]),
        jwtauth="audience_mismatch",
        joserfc="invalid_claim aud",
        jose=f"{_CLAIM_FAILED} aud",
        rows=["JWT-11"],
    ),
    **{
        f"typ {typ}": Fault(
            forge=with_header(typ=typ),
            jwtauth="token_type_mismatch",
            joserfc="invalid_header_value",
            jose=f"{_CLAIM_FAILED} typ",
            rows=["ATJ-02", "JWT-14"],
        )
        for typ in ("JWT", "dpop+jwt", "logout+jwt", "text/at+jwt")
    },
    "no typ": Fault(
        forge=without_header("typ"),
        jwtauth="token_type_mismatch",
        joserfc="missing_header",
        jose=f"{_CLAIM_FAILED} typ",
        rows=["ATJ-02", "JWT-14"],
    ),
    "alg none": Fault(forge=unsigned, **_BAD_ALGORITHM, rows=["KEY-02", "ATJ-08"]),
    **{
        f"HS256 over the public key, {form.__name__}": Fault(
            forge=with_public_secret(form), **_BAD_ALGORITHM, rows=["KEY-04"]
        )
        for form in (pem, der, jwk)
    },
    "other algorithm of that key": Fault(
        forge=with_other_algorithm, **_BAD_ALGORITHM, rows=["KEY-03"]
    ),
    "tampered payload": Fault(
        forge=with_tampered_payload, **_BAD_SIGNATURE, rows=["JWT-01"]
    ),
    "tampered signature": Fault(
        forge=with_tampered_signature, **_BAD_SIGNATURE, rows=["JWT-01"]
    ),
    "another key under our kid": Fault(
        forge=with_strangers_key, **_BAD_SIGNATURE, rows=["JWT-01"]
    ),
    "unknown kid": Fault(forge=with_header(kid="nobody"), **_UNKNOWN_KEY),
    "embedded key": Fault(forge=with_embedded_key, **_UNKNOWN_KEY, rows=["KEY-12"]),
    "embedded key under our kid": Fault(
        forge=with_embedded_key_under_our_kid, **_BAD_SIGNATURE, rows=["KEY-12"]
    ),
    "unknown crit": Fault(
        forge=with_header(crit=["urn:x"], **{"urn:x": 1}),
        jwtauth="token_malformed",
        joserfc="unsupported_header",
        jose="ERR_JOSE_NOT_SUPPORTED",
        rows=["JWT-05"],
    ),
    **{
        f"no {name}": Fault(
            forge=without_claim(name),
            jwtauth="claim_invalid",
            joserfc=f"missing_claim {name}",
            jose=f"{_CLAIM_FAILED} {name}",
            rows=["ATJ-03"],
        )
        for name in ("iss", "aud", "sub", "client_id", "iat", "exp", "jti")
    },
    "too few parts": Fault(
        forge=lambda good, key: signed(good, key=key).rpartition(".")[0],
        jwtauth="token_malformed",
        joserfc="decode_error",
        jose="ERR_JWS_INVALID",
        rows=["JWT-02"],
    ),
    "JSON serialisation": Fault(
        forge=lambda good, key: json.dumps(
            dict(
                zip(
                    ("protected", "payload", "signature"),
                    signed(good, key=key).split("."),
                    strict=True,
                )
            )
        ),
        jwtauth="token_malformed",
        joserfc="decode_error",
        jose="ERR_JWS_INVALID",
        rows=["JWT-02"],
    ),
    # Laxer than we are. Nobody gains by it: only we can sign such claims, and another
    # spelling of a token has the same ``jti`` and ``sid``, by which we revoke.
    "padding": Fault(
        forge=lambda good, key: signed(good, key=key) + "==",
        jwtauth="token_malformed",
        joserfc="bad_signature",
        jose=None,
        rows=["JWT-02"],
    ),
    "stray bits": Fault(
        forge=with_stray_bits,
        jwtauth="token_malformed",
        joserfc="bad_signature",
        jose=None,
        rows=["JWT-03"],
    ),
    "issued in the future": Fault(
        forge=with_claims(iat=lambda good: good["iat"] + 3600),
        jwtauth="token_not_yet_valid",
        joserfc="invalid_claim iat",
        jose=None,  # looks at it only where a service sets ``maxTokenAge``
        rows=["JWT-09"],
    ),
    "a claim twice": Fault(
        forge=with_a_claim_twice,
        jwtauth="token_malformed",
        joserfc=None,
        jose=None,
        rows=["JWT-06"],
    ),
}
