"""The pair of tokens that login and refresh hand out."""

import math
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from django.views.decorators.debug import sensitive_variables

from jwtauth.conf import Delivery, get_settings
from jwtauth.core import codec
from jwtauth.core.claims import AccessClaims
from jwtauth.core.custom_claims import CustomClaims, judge_claims
from jwtauth.core.issued_tokens import IssuedTokens
from jwtauth.core.scope import common, narrowed
from jwtauth.exceptions import ClaimsTooLarge
from jwtauth.stores import key_source
from jwtauth.stores.families import FoundFamily

_JTI_BYTES = 16

# RFC 6265bis §5.6: browsers drop a larger name and value without a word.
_MAX_COOKIE_BYTES = 4096
_CURE = "Let JWTAUTH['CLAIMS'] return less, or name fewer JWTAUTH['OTHER_AUDIENCES']"


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """An access token that nobody has yet, and how many seconds it has left."""

    text: str = field(repr=False)
    expires_in: int
    scope: str


@sensitive_variables()
def first_access_token(
    found: FoundFamily, *, scope: str | None, now: float
) -> AccessToken:
    """Return the access token of a login, and put what it grants into its row.

    To be called before anything is written: a fault in the project's claims must leave
    no login behind.

    Args:
        found: the family that is about to go on record.
        scope: what the client asks for; None for all that the user may have.
        now: Unix seconds.

    Raises:
        ScopeRefused: it asks for more.
        ClaimsRefused: the project's function returned what a token may not say.
    """
    custom = _custom_claims(found)
    found.row.scope = narrowed(custom.scope, scope)
    return _access_token(found, custom, scope=found.row.scope, now=now)


@sensitive_variables()
def access_token_within(found: FoundFamily, *, granted: str, now: float) -> AccessToken:
    """Return the access token of a login that takes an older one's place.

    Like ``first_access_token``, but for what the older one was granted, as far as the
    user still may.

    Raises:
        ClaimsRefused: the project's function returned what a token may not say.
    """
    custom = _custom_claims(found)
    found.row.scope = common(granted, custom.scope)
    return _access_token(found, custom, scope=found.row.scope, now=now)


@sensitive_variables()
def next_access_token(
    found: FoundFamily, *, scope: str | None, now: float
) -> AccessToken:
    """Return another access token of a login.

    It may do what was granted at the login, as far as the user still may: never more
    (RFC 6749 §6). To be called before anything is written: a fault in the project's
    claims must not use up the refresh token.

    Args:
        found: the family as it is on record.
        scope: what the client asks for; None for all that was granted.
        now: Unix seconds, taken before the family was read: an access token never
            outlives what the family says of its last one.

    Raises:
        ScopeRefused: it asks for more than was granted.
        ClaimsRefused: the project's function returned what a token may not say.
    """
    granted = narrowed(found.row.scope, scope)
    custom = _custom_claims(found)
    return _access_token(found, custom, scope=common(granted, custom.scope), now=now)


def pair(found: FoundFamily, access: AccessToken, refresh_token: str) -> IssuedTokens:
    """Return what is handed out.

    Args:
        found: the family as it is on record now.
        access: an access token of it.
        refresh_token: the text of its current refresh token.
    """
    return IssuedTokens(
        access_token=access.text,
        refresh_token=refresh_token,
        expires_in=access.expires_in,
        refresh_expires_in=_seconds_between(found.now, found.idle_expires_at),
        scope=access.scope if found.row.scope else None,
    )


@sensitive_variables()
def _custom_claims(found: FoundFamily) -> CustomClaims:
    """Ask the project what it has to say of the user."""
    settings = get_settings()
    ask = settings.claims
    if ask is None:
        return CustomClaims()
    return judge_claims(
        ask(found.user, found.row),
        allowed=settings.claim_names,
        source=f"JWTAUTH['CLAIMS'] ({getattr(ask, '__qualname__', type(ask))})",
    )


@sensitive_variables()
def _access_token(
    found: FoundFamily, custom: CustomClaims, *, scope: str, now: float
) -> AccessToken:
    policy = get_settings().policy
    expires_at = min(
        int(now + policy.access_token_lifetime.total_seconds()),
        int(found.absolute_expires_at.timestamp()),
    )
    claims = AccessClaims(
        issuer=policy.issuer,
        audience=(policy.audience, *policy.other_audiences),
        subject=str(found.row.user_id),
        client_id=found.row.client_id,
        issued_at=int(now),
        expires_at=expires_at,
        jti=secrets.token_urlsafe(_JTI_BYTES),
        sid=found.row.sid,
        auth_time=int(found.auth_time.timestamp()),
        scope=scope,
        extra=custom.extra,
    )
    ring = key_source.key_ring(now)
    text = codec.issue(claims, ring=ring, policy=policy, now=now)
    _refuse_too_large(text)
    return AccessToken(text=text, expires_in=expires_at - int(now), scope=scope)


@sensitive_variables()
def _refuse_too_large(text: str) -> None:
    """Make sure that every reader accepts the token, and every browser keeps it.

    Raises:
        ClaimsTooLarge: one of them would drop it without a word.
    """
    settings = get_settings()
    limit = settings.policy.max_token_length
    if len(text) > limit:
        raise ClaimsTooLarge(
            f"the access token has {len(text)} characters; JWTAUTH['MAX_TOKEN_LENGTH'] "
            f"is {limit}. {_CURE}"
        )
    size = len(settings.access_cookie_name) + len(text)
    if Delivery.COOKIE in settings.delivery and size > _MAX_COOKIE_BYTES:
        raise ClaimsTooLarge(
            f"the access cookie has {size} bytes, its name included; browsers keep "
            f"{_MAX_COOKIE_BYTES}. {_CURE}"
        )


def _seconds_between(start: datetime, end: datetime) -> int:
    return max(0, math.floor((end - start).total_seconds()))
