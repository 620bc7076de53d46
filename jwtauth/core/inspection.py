"""What a token says, and which rules it keeps: all of them, not the first it breaks.

Runs the very rules by which tokens are verified. For people: nothing that is said
here makes a token count.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from jwtauth.core import codec, rules
from jwtauth.core.claims import AccessClaims, parse_claims
from jwtauth.core.compact import unverified_jws
from jwtauth.core.keys import Key, KeyRing, KeyUse
from jwtauth.core.policy import TokenPolicy
from jwtauth.core.strict_json import parse_object
from jwtauth.exceptions import TokenRefused

T = TypeVar("T")

_CLAIM_CHECKS = ("exp", "iat, nbf", "iss", "aud")
_AFTER_SPELLING = ("typ", "crit", "key", "alg", "signature", "claims", *_CLAIM_CHECKS)


class Verdict(StrEnum):
    """What became of one check."""

    OK = "ok"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    """It can't be known now, and so the token does not count."""
    NOT_CHECKED = "not checked"
    """Something that failed above is missing for it."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of a token; ``why`` says more where it is not simply well."""

    name: str
    verdict: Verdict
    why: str = ""


class Checks:
    """A list of checks that grows as they are made."""

    def __init__(self) -> None:
        """Begin with none."""
        self.made: list[Check] = []

    @property
    def counts(self) -> bool:
        """Whether nothing speaks against the token."""
        return all(check.verdict is Verdict.OK for check in self.made)

    def note(self, name: str, verdict: Verdict, why: str = "") -> None:
        """Add a check that was made elsewhere."""
        self.made.append(Check(name=name, verdict=verdict, why=why))

    def hold(self, name: str, rule: Callable[[], T], *, wanted: str = "") -> T | None:
        """Apply a rule, and return what it returns; None if it refuses.

        Args:
            name: of the check.
            rule: raises TokenRefused or returns.
            wanted: what the rule would have accepted.
        """
        try:
            value = rule()
        except TokenRefused as refusal:
            more = f"; wanted {wanted}" if wanted else ""
            self.note(name, Verdict.FAILED, f"{refusal_in_words(refusal)}{more}")
            return None
        self.note(name, Verdict.OK)
        return value

    def skip(self, *names: str, why: str) -> None:
        """Note checks that can't be made."""
        for name in names:
            self.note(name, Verdict.NOT_CHECKED, why)


@dataclass(kw_only=True)
class AccessInspection:
    """What could be read of an access token, proven or not."""

    checks: Checks = field(default_factory=Checks)
    header: dict[str, Any] | None = None
    payload: dict[str, Any] | None = None
    key: Key | None = None
    claims: AccessClaims | None = None
    """The claims, if they are well-formed."""


def inspect_access_token(
    token: str, *, ring: KeyRing, policy: TokenPolicy, now: float
) -> AccessInspection:
    """Apply every rule that needs neither database nor Redis.

    Args:
        token: the compact serialisation, as it came.
        ring: the keys that may have signed it.
        policy: issuer, audience, leeway and size to hold it to.
        now: Unix seconds.
    """
    found = AccessInspection()
    checks = found.checks
    checks.hold("length", lambda: rules.refuse_too_long(token, policy))
    signed = _opened(checks, token, ring, policy, now) if policy.encryption else token
    if signed is None:
        checks.skip("spelling", *_AFTER_SPELLING, why="it can't be decrypted")
        return found
    parts = checks.hold("spelling", lambda: unverified_jws(signed))
    if parts is None:
        checks.skip(*_AFTER_SPELLING, why="the text can't be read")
        return found
    found.header, raw = parts
    _inspect_header(found, signed, ring, now)
    _inspect_claims(found, raw, policy, now)
    return found


def _opened(
    checks: Checks, token: str, ring: KeyRing, policy: TokenPolicy, now: float
) -> str | None:
    """Return the signed token inside of an encrypted one."""
    opened = checks.hold(
        "encryption",
        lambda: codec.open_encrypted(token, ring=ring, policy=policy, now=now),
    )
    return None if opened is None else opened[1]


def _inspect_header(
    found: AccessInspection, token: str, ring: KeyRing, now: float
) -> None:
    header, checks = found.header or {}, found.checks
    found.key = key = _named(header.get("kid"), ring)
    checks.hold("typ", lambda: rules.refuse_other_type(header), wanted="at+jwt")
    checks.hold("crit", lambda: rules.refuse_extensions(header))
    checks.hold("key", lambda: rules.key_of(header, ring, now))
    if key is None:
        checks.skip("alg", "signature", why="there is no key to check by")
        return
    checks.hold(
        "alg", lambda: rules.refuse_other_algorithm(header, key), wanted=key.alg
    )
    # By a key that has ended, too: whose token it was is worth knowing.
    checks.hold("signature", lambda: codec.verified_payload(token, key))


def _named(kid: object, ring: KeyRing) -> Key | None:
    """Return the signature key of that name, whether it is alive or not."""
    keys = [key for key in ring if key.kid == kid and key.use is KeyUse.SIG]
    return keys[0] if keys else None


def _inspect_claims(
    found: AccessInspection, raw: bytes, policy: TokenPolicy, now: float
) -> None:
    def read() -> AccessClaims:
        found.payload = parse_object(raw)
        return parse_claims(found.payload)

    checks = found.checks
    found.claims = claims = checks.hold("claims", read)
    if claims is None:
        checks.skip(*_CLAIM_CHECKS, why="the claims can't be read")
        return
    checks.hold("exp", lambda: rules.refuse_expired(claims, policy, now))
    checks.hold("iat, nbf", lambda: rules.refuse_premature(claims, policy, now))
    checks.hold(
        "iss",
        lambda: rules.refuse_other_issuer(claims, policy),
        wanted=repr(policy.issuer),
    )
    checks.hold(
        "aud",
        lambda: rules.refuse_other_audience(claims, policy),
        wanted=repr(policy.audience),
    )


def refusal_in_words(refusal: TokenRefused) -> str:
    """Return code and cause of a refusal."""
    meaning = (type(refusal).__doc__ or "").split("\n")[0].replace("`", "")
    more = f" ({refusal})" if str(refusal) else ""
    return f"{refusal.code}: {meaning}{more}"
