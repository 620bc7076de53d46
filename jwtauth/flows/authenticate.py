"""An access token comes in; its proven claims go out."""

import logging

from django.views.decorators.debug import sensitive_variables

from jwtauth.conf import DenylistFailure, Revocation, get_settings
from jwtauth.core import codec
from jwtauth.core.claims import AccessClaims
from jwtauth.exceptions import DenylistDown, TokenRevoked
from jwtauth.stores import denylist, key_source
from jwtauth.stores.verified_tokens import verified_tokens

logger = logging.getLogger("jwtauth.security")


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
    claims = _verify(token, now)
    if get_settings().revocation is Revocation.DENYLIST and _is_denied(claims, now):
        raise TokenRevoked
    return claims


@sensitive_variables()
def _verify(token: str, now: float) -> AccessClaims:
    """Check the signature of a token once, and its dates every time."""
    ring, policy = key_source.key_ring(now), get_settings().policy
    known = verified_tokens(ring)
    proven = known.find(token)
    if proven is None:
        proven = codec.prove(token, ring=ring, policy=policy, now=now)
        known.add(token, proven)
    codec.judge(proven, policy=policy, now=now)
    return proven.claims


def _is_denied(claims: AccessClaims, now: float) -> bool:
    try:
        return denylist.is_denied(claims.sid, now=now)
    except DenylistDown:
        if get_settings().denylist_failure is DenylistFailure.CLOSED:
            raise
        logger.exception("denylist down, token accepted", extra={"sid": claims.sid})
        return False
