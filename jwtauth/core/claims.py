"""AccessClaims: what an access token says, in types (RFC 9068 §2.2)."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from jwtauth.core.strict_json import frozen, thawed
from jwtauth.exceptions import ClaimInvalid

NO_CLAIMS: Mapping[str, Any] = MappingProxyType({})

# Opaque names become parts of store keys: bounded, and nothing to inject with.
_OPAQUE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)

_OWN_NAMES = frozenset(
    {
        *("iss", "aud", "sub", "client_id", "iat", "exp", "nbf"),
        *("jti", "sid", "auth_time", "scope"),
    }
)


@dataclass(frozen=True, kw_only=True)
class AccessClaims:
    """The claims of one access token; instants are Unix seconds (NumericDate).

    ``extra`` has what stands beside these, read-only all the way down: requests share
    it.
    """

    issuer: str
    audience: tuple[str, ...]
    subject: str
    client_id: str
    issued_at: float
    expires_at: float
    jti: str
    sid: str
    auth_time: float
    scope: str = ""
    not_before: float | None = None
    # Unhashable in itself, and ``jti`` tells tokens apart.
    extra: Mapping[str, Any] = field(default_factory=lambda: NO_CLAIMS, hash=False)

    @property
    def scopes(self) -> frozenset[str]:
        """The words of ``scope`` (RFC 6749 §3.3)."""
        return frozenset(self.scope.split())

    def to_payload(self) -> dict[str, Any]:
        """Return the JSON object that is signed; a single audience is a string."""
        payload: dict[str, Any] = {
            **thawed(self.extra),
            "iss": self.issuer,
            "aud": self.audience[0] if len(self.audience) == 1 else list(self.audience),
            "sub": self.subject,
            "client_id": self.client_id,
            "iat": self.issued_at,
            "exp": self.expires_at,
            "jti": self.jti,
            "sid": self.sid,
            "auth_time": self.auth_time,
        }
        if self.scope:
            payload["scope"] = self.scope
        if self.not_before is not None:
            payload["nbf"] = self.not_before
        return payload


def parse_claims(payload: Mapping[str, Any]) -> AccessClaims:
    """Read the claims of a token whose signature has been verified.

    Args:
        payload: the JSON object.

    Raises:
        ClaimInvalid: a required claim is missing, or a claim has another type
            than RFC 7519 §4.1 and RFC 9068 §2.2 give it.
    """
    return AccessClaims(
        issuer=_text(payload, "iss"),
        audience=_audience(payload),
        subject=_text(payload, "sub"),
        client_id=_text(payload, "client_id"),
        issued_at=_date(payload, "iat"),
        expires_at=_date(payload, "exp"),
        jti=_opaque_id(payload, "jti"),
        sid=_opaque_id(payload, "sid"),
        auth_time=_date(payload, "auth_time"),
        scope=_text(payload, "scope") if "scope" in payload else "",
        not_before=_date(payload, "nbf") if "nbf" in payload else None,
        extra=_extra(payload),
    )


def _extra(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    names = payload.keys() - _OWN_NAMES
    if not names:
        return NO_CLAIMS
    try:
        members: Mapping[str, Any] = frozen({name: payload[name] for name in names})
    except (TypeError, RecursionError):
        # JSON's 1e999 is infinite; and a parser may go deeper than we do.
        raise ClaimInvalid("an extra claim is too large or too deep") from None
    return members


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise ClaimInvalid(f"{name} must be a non-empty string")
    return value


def _opaque_id(payload: Mapping[str, Any], name: str) -> str:
    value = _text(payload, name)
    if not _OPAQUE_ID.fullmatch(value):
        raise ClaimInvalid(f"{name} must be 1 to 64 of A-Z a-z 0-9 - _")
    return value


def _audience(payload: Mapping[str, Any]) -> tuple[str, ...]:
    value = payload.get("aud")
    values = value if isinstance(value, list) else [value]
    if not values or not all(isinstance(item, str) and item for item in values):
        raise ClaimInvalid("aud must be a string or a list of strings")
    return tuple(values)


def _date(payload: Mapping[str, Any], name: str) -> float:
    value = payload.get(name)
    # bool is an int in Python; JSON's 1e999 is infinite.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ClaimInvalid(f"{name} must be a number")
    try:
        date = float(value)
    except OverflowError:
        raise ClaimInvalid(f"{name} must be a finite number") from None
    if not math.isfinite(date):
        raise ClaimInvalid(f"{name} must be a finite number")
    return value
