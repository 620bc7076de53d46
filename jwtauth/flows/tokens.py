"""The pair of tokens that login and refresh hand out."""

import math
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from django.views.decorators.debug import sensitive_variables

from jwtauth.conf import get_settings
from jwtauth.core import codec
from jwtauth.core.claims import AccessClaims
from jwtauth.stores import key_source
from jwtauth.stores.families import FoundFamily

JTI_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class IssuedTokens:
    """An access token, a refresh token, and how many seconds each has left."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    refresh_expires_in: int


@sensitive_variables()
def issue(found: FoundFamily, refresh_token: str, *, now: float) -> IssuedTokens:
    """Return ``refresh_token`` with a fresh access token of the same login.

    Args:
        found: the family as it is on record now.
        refresh_token: the text of its current refresh token.
        now: Unix seconds, taken before the family was read: an access token never
            outlives what the family says of its last one.
    """
    expires_at = min(
        int(now + get_settings().policy.access_token_lifetime.total_seconds()),
        int(found.absolute_expires_at.timestamp()),
    )
    claims = _claims(found, issued_at=int(now), expires_at=expires_at)
    return IssuedTokens(
        access_token=codec.sign(claims, key_source.key_ring(now).signing_key(now)),
        refresh_token=refresh_token,
        expires_in=expires_at - int(now),
        refresh_expires_in=_seconds_between(found.now, found.idle_expires_at),
    )


def _claims(found: FoundFamily, *, issued_at: int, expires_at: int) -> AccessClaims:
    policy = get_settings().policy
    return AccessClaims(
        issuer=policy.issuer,
        audience=(policy.audience,),
        subject=str(found.row.user_id),
        client_id=found.row.client_id,
        issued_at=issued_at,
        expires_at=expires_at,
        jti=secrets.token_urlsafe(JTI_BYTES),
        sid=found.row.sid,
        auth_time=int(found.auth_time.timestamp()),
        scope=found.row.scope,
    )


def _seconds_between(start: datetime, end: datetime) -> int:
    return max(0, math.floor((end - start).total_seconds()))
