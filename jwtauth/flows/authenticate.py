"""An access token comes in; its proven claims go out."""

from django.views.decorators.debug import sensitive_variables

from jwtauth.conf import DenylistFailure, Revocation, get_settings
from jwtauth.core import codec
from jwtauth.core.claims import AccessClaims
from jwtauth.core.refresh_token import sid_text
from jwtauth.exceptions import (
    CookiesDisagree,
    DenylistDown,
    TokenRefused,
    TokenRevoked,
)
from jwtauth.signals import denylist_bypassed, report
from jwtauth.stores import key_source
from jwtauth.stores.verified_tokens import verified_tokens


@sensitive_variables()
def authenticate(token: str, *, now: float) -> AccessClaims:
    """Return the claims of an access token that counts at ``now``.

    No SQL; one round trip to Redis, or none with ``REVOCATION: "refresh_only"``.

    Args:
        token: as it came.
        now: Unix seconds.

    Raises:
        TokenRefused: one subclass per reason; all look the same outside.
        DenylistDown: whether it was revoked can't be known now.
    """
    claims = verify(token, now=now)
    refuse_revoked(claims, now=now)
    return claims


@sensitive_variables()
def verify(token: str, *, now: float) -> AccessClaims:
    """Return the claims of a token of ours that has not expired; asks nobody.

    The signature is checked once, the dates every time. Not enough to act as its user:
    the login may have ended.

    Raises:
        TokenRefused: one subclass per reason.
    """
    proven = _prove(token, now)
    codec.judge(proven, policy=get_settings().policy, now=now)
    return proven.claims


@sensitive_variables()
def _prove(token: str, now: float) -> codec.Proven:
    ring = key_source.key_ring(now)
    known = verified_tokens(ring)
    proven = known.find(token)
    if proven is None:
        policy = get_settings().policy
        proven = codec.prove(token, ring=ring, policy=policy, now=now)
        known.add(token, proven)
    return proven


def refuse_revoked(claims: AccessClaims, *, now: float) -> None:
    """Make sure that the login of verified claims has not ended.

    Raises:
        TokenRevoked: it has.
        DenylistDown: whether it has can't be known now.
    """
    if get_settings().revocation is Revocation.DENYLIST and _is_denied(claims, now):
        raise TokenRevoked


@sensitive_variables()
def refuse_two_logins(
    access_token: str | None, refresh_token: str | None, *, now: float
) -> None:
    """Make sure that two cookies are of one login: neither was planted alone.

    What is missing or not genuine contradicts nothing; an expired token may.

    Raises:
        CookiesDisagree: both are genuine, and of two logins.
    """
    if access_token is None or refresh_token is None:
        return
    try:
        sid = _prove(access_token, now).claims.sid
        token = key_source.refresh_keys(now).parse(refresh_token, now)
    except TokenRefused:
        return
    if sid_text(token.sid) != sid:
        raise CookiesDisagree


def _is_denied(claims: AccessClaims, now: float) -> bool:
    from jwtauth.stores import denylist  # noqa: PLC0415 # it loads a Redis client

    try:
        return denylist.is_denied(claims.sid, now=now)
    except DenylistDown:
        if get_settings().denylist_failure is DenylistFailure.CLOSED:
            raise
        sid, user_id = claims.sid, claims.subject
        report(denylist_bypassed, AccessClaims, sid=sid, user_id=user_id)
        return False
