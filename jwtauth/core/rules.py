"""The rules of an access token, one function each: returns, or raises the refusal.

``codec`` asks for all of them, ``inspection`` says which ones fail. Those that
judge claims say nothing of who wrote them: that is the signature's part.
"""

from typing import Any

from jwtauth.core.claims import AccessClaims
from jwtauth.core.keys import Key, KeyRing
from jwtauth.core.policy import TokenPolicy
from jwtauth.exceptions import (
    AlgorithmMismatch,
    AudienceMismatch,
    IssuerMismatch,
    KeyUnknown,
    TokenExpired,
    TokenMalformed,
    TokenNotYetValid,
    TokenTypeMismatch,
)

# RFC 9068 §2.1 and §4: the short form and the full media type, in any case.
_ACCESS_TOKEN_TYPES = {"at+jwt", "application/at+jwt"}


def refuse_too_long(token: str, policy: TokenPolicy) -> None:
    """Make sure that the text is short enough to be looked at."""
    if len(token) > policy.max_token_length:
        raise TokenMalformed("too long")


def refuse_other_type(header: dict[str, Any]) -> None:
    """Make sure that the header says it is an access token (RFC 8725 §3.11)."""
    typ = header.get("typ")
    if not isinstance(typ, str) or typ.lower() not in _ACCESS_TOKEN_TYPES:
        raise TokenTypeMismatch


def refuse_extensions(header: dict[str, Any]) -> None:
    """Make sure that the header asks for nothing that we don't understand."""
    # We understand no extension, and b64=false is one (RFC 7515 §4.1.11, RFC 7797).
    if "crit" in header or "b64" in header:
        raise TokenMalformed("crit and b64 are not understood")


def key_of(header: dict[str, Any], ring: KeyRing, now: float) -> Key:
    """Find the key by ``kid`` alone: jwk, jku, x5u and x5c never choose one."""
    kid = header.get("kid")
    key = ring.verification_key(kid, now) if isinstance(kid, str) else None
    if key is None:
        raise KeyUnknown
    return key


def refuse_other_algorithm(header: dict[str, Any], key: Key) -> None:
    """Make sure that the key is used as it is meant to be (RFC 8725 §3.1)."""
    if header.get("alg") != key.alg:
        raise AlgorithmMismatch


def refuse_other_issuer(claims: AccessClaims, policy: TokenPolicy) -> None:
    """Make sure that ``iss`` is ours, to the letter."""
    if claims.issuer != policy.issuer:
        raise IssuerMismatch


def refuse_other_audience(claims: AccessClaims, policy: TokenPolicy) -> None:
    """Make sure that ``aud`` names us."""
    if policy.audience not in claims.audience:
        raise AudienceMismatch


def refuse_expired(claims: AccessClaims, policy: TokenPolicy, now: float) -> None:
    """Make sure that ``exp`` has not passed, give or take the leeway."""
    if claims.expires_at + policy.leeway.total_seconds() <= now:
        raise TokenExpired


def refuse_premature(claims: AccessClaims, policy: TokenPolicy, now: float) -> None:
    """Make sure that ``iat`` and ``nbf`` have come, give or take the leeway."""
    begins = max(claims.issued_at, claims.not_before or 0)
    if begins > now + policy.leeway.total_seconds():
        raise TokenNotYetValid
