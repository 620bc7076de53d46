"""Key and KeyRing: one key, one algorithm; which key signs and verifies at ``now``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from jwtauth.exceptions import KeyRefused

PrivateKey: TypeAlias = (
    ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
)
PublicKey: TypeAlias = (
    ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
)


class KeyUse(StrEnum):
    """What a key is for; no key serves two purposes (RFC 8725 §3.1)."""

    SIG = "sig"
    REFRESH = "refresh"
    ENC = "enc"


ALWAYS_NEEDED = (KeyUse.SIG, KeyUse.REFRESH)
"""What tokens can't do without; a key with use ``enc`` is for who asks for it."""


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """What a JWK must look like to serve one algorithm (RFC 7518 §3, RFC 9864)."""

    kty: str
    crv: str | None = None

    @property
    def is_symmetric(self) -> bool:
        """Whether who verifies could also sign."""
        return self.kty == "oct"


ALGORITHMS: Mapping[str, Algorithm] = {
    "ES256": Algorithm(kty="EC", crv="P-256"),
    "Ed25519": Algorithm(kty="OKP", crv="Ed25519"),
    "EdDSA": Algorithm(kty="OKP", crv="Ed25519"),
    "RS256": Algorithm(kty="RSA"),
    "PS256": Algorithm(kty="RSA"),
    "HS256": Algorithm(kty="oct"),
}

# One algorithm here, too: a JWK that said "dir" would leave open which one its secret
# is for, and 32 bytes fit several (RFC 7518 §4.5 and §5, RFC 8725 §3.1).
CONTENT_ENCRYPTION = "A256GCM"
CONTENT_ENCRYPTION_BYTES = 32

_EVERY_ALGORITHM = {**ALGORITHMS, CONTENT_ENCRYPTION: Algorithm(kty="oct")}


def algorithm_of(alg: object) -> Algorithm | None:
    """Return the algorithm that a JWK names, be it for signatures or encryption."""
    return _EVERY_ALGORITHM.get(alg) if isinstance(alg, str) else None


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key with exactly one algorithm and one use.

    ``signing`` and ``verifying`` hold ``cryptography`` keys, or the secret bytes
    of a symmetric key; neither is ever shown. Without the first half a key verifies
    what another service signs.
    """

    kid: str
    alg: str
    use: KeyUse
    signing: PrivateKey | bytes | None = field(repr=False)
    verifying: PublicKey | bytes = field(repr=False)
    signs_from: float = 0.0
    verifies_until: float | None = None

    @property
    def is_symmetric(self) -> bool:
        """Whether who verifies could also sign."""
        return _EVERY_ALGORITHM[self.alg].is_symmetric

    @property
    def rsa_bits(self) -> int | None:
        """The size of an RSA key; None of any other."""
        key = self.verifying
        return key.key_size if isinstance(key, rsa.RSAPublicKey) else None

    @property
    def outline(self) -> tuple[object, ...]:
        """What tells it from other keys, and from itself at other times."""
        return self.kid, self.alg, self.use, self.signs_from, self.verifies_until

    def has_started(self, now: float) -> bool:
        """Whether the key may sign at ``now`` (Unix seconds)."""
        return self.signing is not None and self.signs_from <= now

    def is_alive(self, now: float) -> bool:
        """Whether the key verifies at ``now`` (Unix seconds)."""
        return self.verifies_until is None or now < self.verifies_until


class KeyRing:
    """Every live key of one deployment, found by name and by time.

    Immutable: a reload makes a new ring. Keys are ordered by ``signs_from``, so
    the newest key that has started is the one that signs.
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        """Take the keys as they are; ``problems()`` says whether they may be used."""
        self._keys = tuple(sorted(keys, key=lambda key: key.signs_from))
        self._verifying = {key.kid: key for key in self._of(KeyUse.SIG)}
        self._decrypting = {key.kid: key for key in self._of(KeyUse.ENC)}

    def __iter__(self) -> Iterator[Key]:
        """Iterate over the keys, oldest first."""
        return iter(self._keys)

    def holds_the_same_as(self, other: "KeyRing") -> bool:
        """Whether both hold the same keys for the same times; a ``kid`` is a hash."""
        return [key.outline for key in self] == [key.outline for key in other]

    def signing_key(self, now: float) -> Key:
        """Return the newest signature key that has started at ``now``.

        Raises:
            KeyRefused: none has started.
        """
        return self.current(KeyUse.SIG, now)

    def refresh_key(self, now: float) -> Key:
        """Return the newest refresh key that has started at ``now``.

        Raises:
            KeyRefused: none has started.
        """
        return self.current(KeyUse.REFRESH, now)

    def current(self, use: KeyUse, now: float) -> Key:
        """Return the newest key for ``use`` that has started at ``now``.

        Raises:
            KeyRefused: none has started.
        """
        started = [key for key in self.living(use, now) if key.has_started(now)]
        if not started:
            raise no_key(use)
        return started[-1]

    def verification_key(self, kid: str, now: float) -> Key | None:
        """Return the signature key named ``kid`` if it verifies at ``now``.

        A key verifies from the moment it is known, before it signs.
        """
        key = self._verifying.get(kid)
        return key if key is not None and key.is_alive(now) else None

    def decryption_key(self, kid: str, now: float) -> Key | None:
        """Return the encryption key named ``kid`` if it still decrypts at ``now``."""
        key = self._decrypting.get(kid)
        return key if key is not None and key.is_alive(now) else None

    def living(self, use: KeyUse, now: float) -> list[Key]:
        """Return the keys for ``use`` that verify at ``now``, oldest first."""
        return [key for key in self._of(use) if key.is_alive(now)]

    def problems(
        self, now: float, *, needed: Sequence[KeyUse] = ALWAYS_NEEDED
    ) -> Iterator[KeyRefused]:
        """Yield what forbids these keys together (RFC 8725 §3.1, ASVS 9.1.2).

        Args:
            now: Unix seconds.
            needed: the uses that a key must have started for.
        """
        kids = [key.kid for key in self._keys]
        for kid in sorted({kid for kid in kids if kids.count(kid) > 1}):
            yield KeyRefused(
                f"Key {kid} occurs twice.",
                code="duplicate_kid",
                hint="Remove one of the two copies.",
            )
        if len({key.is_symmetric for key in self.living(KeyUse.SIG, now)}) > 1:
            yield KeyRefused(
                "HS256 stands beside an asymmetric algorithm among the keys with "
                "use 'sig': who may verify could sign.",
                code="mixed_symmetry",
                hint="Keep one kind; retire the keys of the other.",
            )
        for use in needed:
            if not any(key.has_started(now) for key in self.living(use, now)):
                yield no_key(use)

    def _of(self, use: KeyUse) -> list[Key]:
        return [key for key in self._keys if key.use is use]


def no_key(use: KeyUse) -> KeyRefused:
    """Return the fault of a ring without a key that signs, or tags, or encrypts."""
    return KeyRefused(
        f"No key with use '{use}' signs now.",
        code=f"no_{use}_key",
        hint="Run 'manage.py jwtauth_keys init', or put a JWK there whose "
        "'signs_from' has passed.",
    )
