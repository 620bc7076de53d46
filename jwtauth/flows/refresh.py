"""A refresh token comes in; the next one goes out, or the login ends."""

import secrets
from typing import Never

from django.dispatch import Signal
from django.views.decorators.debug import sensitive_variables

from jwtauth.conf import get_settings
from jwtauth.core.context import RequestContext
from jwtauth.core.issued_tokens import IssuedTokens
from jwtauth.core.refresh_token import (
    NONCE_BYTES,
    RefreshKey,
    RefreshKeys,
    RefreshToken,
)
from jwtauth.core.rotation import Decision, RotationOutcome, decide
from jwtauth.exceptions import (
    FamilyOutdated,
    FamilyRefused,
    TokenReused,
    UserInactive,
)
from jwtauth.flows.revoke import revoke_family
from jwtauth.flows.tokens import next_access_token, pair
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.signals import (
    family_expired,
    family_outdated,
    report,
    token_reused,
    token_rotated,
)
from jwtauth.stores import families, generations, key_source
from jwtauth.stores.conflicts import retry_conflicts
from jwtauth.stores.families import FoundFamily
from jwtauth.stores.generations import Generation

_WRITES = {
    RotationOutcome.ROTATED: generations.rotate,
    RotationOutcome.DISPLACED: generations.displace,
}
_GRANTED = {*_WRITES, RotationOutcome.RETRY}


@sensitive_variables()
def refresh(
    text: str, *, sender: RequestContext, now: float, scope: str | None = None
) -> IssuedTokens:
    """Return the successor of a refresh token and a fresh access token.

    Args:
        text: the refresh token as it came.
        sender: what the request says of who sent it.
        now: Unix seconds.
        scope: what the access token is to be for; None for all that was granted.

    Raises:
        TokenRefused: one subclass per reason; all look the same outside.
        ScopeRefused: the client asks for more than was granted; nothing is lost.
        ClaimsRefused: the project's function returned what a token may not say;
            nothing is lost.
        FamiliesBusy: the database kept reporting conflicts; nothing is lost.
        DenylistDown: the login has ended, Redis could not be told.
        RuntimeError: a transaction of the caller is open.
    """
    families.refuse_outer_transaction()
    keys = key_source.refresh_keys(now)
    token = keys.parse(text, now)

    def attempt() -> IssuedTokens:
        return _attempt(token, keys, sender, now, scope)

    return retry_conflicts(attempt)


@sensitive_variables()
def _attempt(
    token: RefreshToken,
    keys: RefreshKeys,
    sender: RequestContext,
    now: float,
    scope: str | None,
) -> IssuedTokens:
    """Read, decide, write: once. Whoever loses the write starts over."""
    found = families.find(token.sid)
    if found is None:
        raise FamilyRefused("there is no such family")
    key = keys.find(bytes(found.row.key_hint), now)
    settings = get_settings()
    context = sender.material(settings.refresh_context)
    state, policy = families.state_of(found, key), settings.policy
    decision = decide(state, token, context=context, policy=policy, now=found.now)
    if decision.outcome not in _GRANTED:
        _refuse(found, decision, sender, now)
    # Before the row changes: what fails here must cost the client nothing.
    access = next_access_token(found, scope=scope, now=now)
    if decision.outcome is RotationOutcome.RETRY:
        successor = _successor(token, key, context, nonce=bytes(found.row.nonce))
    else:
        successor = _successor(token, keys.current(now), context)
        _WRITES[decision.outcome](found, successor, policy=policy)
    _report(token_rotated, found, sender, outcome=decision.outcome)
    return pair(found, access, successor.key.encode(successor.token))


def _successor(
    token: RefreshToken, key: RefreshKey, context: bytes, *, nonce: bytes | None = None
) -> Generation:
    """Derive the next generation; the nonce on record gives the same one again."""
    nonce = nonce or secrets.token_bytes(NONCE_BYTES)
    return Generation(
        token=key.successor(token, nonce), nonce=nonce, key=key, context=context
    )


def _refuse(
    found: FoundFamily, decision: Decision, sender: RequestContext, now: float
) -> Never:
    """End the family where the table says so, and refuse in any case."""
    sid = found.row.pk.bytes
    match decision.outcome:
        case RotationOutcome.REVOKED:
            revoke_family(sid, reason=RevocationReason.USER_CHANGED, now=now)
            raise UserInactive
        case RotationOutcome.REUSED:
            _end_reused(found, decision, sender, now)
            raise TokenReused(str(decision.reuse))
        case RotationOutcome.OUTDATED:
            _report(family_outdated, found, sender)
            raise FamilyOutdated("a restored backup, or a leaked key?")
        case _:
            if found.row.revoked_at is None:
                _report(family_expired, found, sender)
            raise FamilyRefused("ended or expired")


def _end_reused(
    found: FoundFamily, decision: Decision, sender: RequestContext, now: float
) -> None:
    """Revoke the family and tell it once, however many requests found it out."""

    def alert() -> None:
        _report(token_reused, found, sender, kind=decision.reuse or "")

    revoke_family(
        found.row.pk.bytes, reason=RevocationReason.REUSE, now=now, on_ended=alert
    )


def _report(
    signal: Signal, found: FoundFamily, sender: RequestContext, **facts: str
) -> None:
    report(
        signal,
        TokenFamily,
        sid=found.row.sid,
        user_id=str(found.row.user_id),
        request_context=sender,
        **facts,
    )
