"""Encrypt and decrypt access tokens (RFC 7516): the only caller of joserfc.

A token is signed first and encrypted then (RFC 7519 §11.2). To decrypt it proves
nothing: whoever has the key may have encrypted it. The signature inside proves it.
"""

import sys
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from jwtauth.core import rules
from jwtauth.core.compact import unverified_jwe_header
from jwtauth.core.keys import CONTENT_ENCRYPTION, Key, KeyRing
from jwtauth.core.policy import TokenPolicy
from jwtauth.exceptions import (
    AlgorithmMismatch,
    KeyUnknown,
    SignatureInvalid,
    TokenMalformed,
    TokenTypeMismatch,
)

_REGISTRY = jwe.JWERegistry(algorithms=["dir", CONTENT_ENCRYPTION])
# Ours has been asked before; two limits would let us issue what we refuse.
_REGISTRY.max_ciphertext_length = sys.maxsize


def encrypt(token: str, key: Key) -> str:
    """Return a signed token encrypted.

    Args:
        token: the signed one.
        key: the encryption key; its ``kid`` goes into the header.
    """
    return jwe.encrypt_compact(_header(key), token, _secret(key), registry=_REGISTRY)


def decryption_key(
    token: str, *, ring: KeyRing, policy: TokenPolicy, now: float
) -> Key:
    """Return the key that a token says it was encrypted with.

    Its header must be the one that we write, to the letter: no compression, no other
    algorithm, no extension (RFC 8725 §3.1, §3.6, RFC 7516 §4.1.13).

    Raises:
        TokenMalformed: too long, no JWE encrypted directly, or another header.
        KeyUnknown: no key of that name decrypts now.
        AlgorithmMismatch: not the algorithm of the key.
        TokenTypeMismatch: no signed access token is said to be inside.
    """
    rules.refuse_too_long(token, policy)
    header = unverified_jwe_header(token)
    kid = header.get("kid")
    key = ring.decryption_key(kid, now) if isinstance(kid, str) else None
    if key is None:
        raise KeyUnknown
    ours = _header(key)
    if [header.get(name) for name in ("alg", "enc")] != [ours["alg"], ours["enc"]]:
        raise AlgorithmMismatch
    if [header.get(name) for name in ("typ", "cty")] != [ours["typ"], ours["cty"]]:
        raise TokenTypeMismatch
    if header != ours:
        raise TokenMalformed("a header parameter that we don't write")
    return key


def decrypt(token: str, key: Key) -> str:
    """Return the signed token inside of an encrypted one.

    Args:
        token: the text that ``decryption_key`` took.
        key: the key that it gave.

    Raises:
        SignatureInvalid: the authentication tag doesn't fit.
        TokenMalformed: what is inside is no text of a token.
    """
    try:
        opened = jwe.decrypt_compact(token, _secret(key), registry=_REGISTRY)
    except (JoseError, ValueError) as error:
        raise SignatureInvalid from error
    try:
        return (opened.plaintext or b"").decode("ascii")
    except UnicodeDecodeError as error:
        raise TokenMalformed("no token inside") from error


def _header(key: Key) -> dict[str, Any]:
    return {
        "alg": "dir",
        "enc": key.alg,
        "typ": "at+jwt",
        "cty": "JWT",
        "kid": key.kid,
    }


def _secret(key: Key) -> OctKey:
    if not isinstance(key.signing, bytes):
        raise TypeError("an encryption key is symmetric")
    return OctKey.import_key(key.signing)
