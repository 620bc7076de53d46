"""Refresh tokens: their format, their keys, their successors.

A token is 75 bytes, written as 100 characters of base64url::

    version 1 | key 2 | family 16 | generation 8 | secret 32 | tag 16

The tag is an HMAC over all that stands before it, so that a forged or garbled
token costs no query. The secret of the next generation is an HMAC of the one
presented: a client that lost the answer gets the same successor again, and
nothing that could be used is stored (RFC 9700 §4.14.2).
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jwtauth.core.keys import Key, KeyRing, KeyUse
from jwtauth.exceptions import (
    KeyRefused,
    KeyUnknown,
    SignatureInvalid,
    TokenMalformed,
)

SECRET_BYTES = 32
NONCE_BYTES = 32
SID_BYTES = 16
_TAG_BYTES = 16
_VERSION = b"\x01"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{100}", re.ASCII)
_SID = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class RefreshToken:
    """A refresh token whose tag has been checked: ours, though perhaps stale."""

    sid: bytes
    generation: int
    secret: bytes = field(repr=False)


class RefreshKey:
    """The sub-keys of one key with use ``refresh``: one HKDF label, one purpose."""

    def __init__(self, key: Key) -> None:
        """Derive the sub-keys once (RFC 5869)."""
        secret = key.signing
        if not isinstance(secret, bytes):
            raise TypeError("a refresh key is symmetric")
        self.hint = key_hint(key)
        self._tag = _derive(secret, "tag")
        self._successor = _derive(secret, "successor")
        self._binding = _derive(secret, "binding")
        self._context = _derive(secret, "context")

    def encode(self, token: RefreshToken) -> str:
        """Return the text of a token, named and tagged by this key."""
        body = b"".join(
            (
                _VERSION,
                self.hint,
                token.sid,
                token.generation.to_bytes(8, "big"),
                token.secret,
            )
        )
        return urlsafe_b64encode(body + self.tag(body)).decode("ascii")

    def tag(self, body: bytes) -> bytes:
        """Return the tag over everything that stands before it."""
        return _hmac(self._tag, body)[:_TAG_BYTES]

    def successor(self, token: RefreshToken, nonce: bytes) -> RefreshToken:
        """Return the token of the next generation; the same inputs give the same."""
        generation = token.generation + 1
        position = token.sid + generation.to_bytes(8, "big")
        return RefreshToken(
            sid=token.sid,
            generation=generation,
            secret=_hmac(self._successor, position + nonce + token.secret),
        )

    def binding(self, parts: Sequence[str]) -> bytes:
        """Return what ties a family to its user, client, scope and password."""
        # Each part carries its length: no two lists give the same bytes.
        encoded = [part.encode() for part in parts]
        return _hmac(
            self._binding,
            b"".join(len(part).to_bytes(4, "big") + part for part in encoded),
        )

    def context(self, material: bytes) -> bytes:
        """Return the keyed hash of what a request says of its sender."""
        return _hmac(self._context, material)[:16]


class RefreshKeys:
    """The refresh keys of a ring, their sub-keys derived once; found by hint."""

    def __init__(self, ring: KeyRing) -> None:
        """Derive the sub-keys of every refresh key of ``ring``."""
        self._ring = ring
        keys = [key for key in ring if key.use is KeyUse.REFRESH]
        self._derived = {key.kid: RefreshKey(key) for key in keys}
        self._by_hint = {self._derived[key.kid].hint: key for key in keys}

    def current(self, now: float) -> RefreshKey:
        """Return the key that new tokens get at ``now`` (Unix seconds).

        Raises:
            KeyRefused: none has started.
        """
        return self._derived[self._ring.refresh_key(now).kid]

    def find(self, hint: bytes, now: float) -> RefreshKey:
        """Return the key that a token or a family names.

        Raises:
            KeyUnknown: it has been retired, or was never here.
        """
        key = self._by_hint.get(hint)
        if key is None or not key.is_alive(now):
            raise KeyUnknown
        return self._derived[key.kid]

    def parse(self, text: str, now: float) -> RefreshToken:
        """Read a refresh token and check its tag.

        Raises:
            TokenMalformed: not the one spelling of such a token.
            KeyUnknown: tagged by a key that no longer verifies.
            SignatureInvalid: the tag does not fit: garbled or forged.
        """
        body, tag = _split(text)
        if not hmac.compare_digest(self.find(body[1:3], now).tag(body), tag):
            raise SignatureInvalid
        return _token(body)


@dataclass(frozen=True, kw_only=True)
class UnverifiedRefreshToken:
    """What a refresh token says of itself; anybody could have written it."""

    key_hint: bytes
    sid: bytes
    generation: int


def peek_unverified(text: str) -> UnverifiedRefreshToken:
    """Read a refresh token without checking its tag.

    Raises:
        TokenMalformed: not the one spelling of such a token.
    """
    body, _tag = _split(text)
    token = _token(body)
    return UnverifiedRefreshToken(
        key_hint=body[1:3], sid=token.sid, generation=token.generation
    )


def _split(text: str) -> tuple[bytes, bytes]:
    """Return what the tag covers, and the tag."""
    if not _TOKEN.fullmatch(text):
        raise TokenMalformed("not 100 base64url characters")
    raw = urlsafe_b64decode(text)
    if raw[:1] != _VERSION:
        raise TokenMalformed("unknown version")
    return raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]


def _token(body: bytes) -> RefreshToken:
    return RefreshToken(
        sid=body[3:19],
        generation=int.from_bytes(body[19:27], "big"),
        secret=body[27:],
    )


def key_hint(key: Key) -> bytes:
    """Return the two bytes by which tokens and families name a refresh key."""
    return hashlib.sha256(key.kid.encode()).digest()[:2]


def hint_problems(ring: KeyRing, now: float) -> Iterator[KeyRefused]:
    """Yield what forbids these refresh keys together: two that tokens can't tell apart.

    It befalls one pair in 65536; all tokens of the older key would be refused.
    """
    kid_of: dict[bytes, str] = {}
    for key in ring.living(KeyUse.REFRESH, now):
        twin = kid_of.setdefault(key_hint(key), key.kid)
        if twin != key.kid:
            yield KeyRefused(
                f"Tokens can't tell the refresh keys {twin} and {key.kid} apart.",
                code="ambiguous_refresh_key",
                hint="Remove the newer of the two and make another.",
            )


def secret_hash(secret: bytes) -> bytes:
    """Return what is stored of a secret of full entropy."""
    return hashlib.sha256(secret).digest()


def sid_text(sid: bytes) -> str:
    """Return the ``sid`` claim of a family: its id in base64url."""
    return urlsafe_b64encode(sid).rstrip(b"=").decode("ascii")


def sid_bytes(sid: str) -> bytes:
    """Return the family id behind a ``sid`` claim that has been verified.

    Raises:
        TokenMalformed: it is not 16 bytes of base64url.
    """
    if not _SID.fullmatch(sid):
        raise TokenMalformed("sid is not 16 bytes of base64url")
    return urlsafe_b64decode(sid + "==")


def _derive(secret: bytes, purpose: str) -> bytes:
    label = f"jwtauth refresh token v1: {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=label).derive(secret)


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
