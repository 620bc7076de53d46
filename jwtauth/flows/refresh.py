"""A refresh token comes in; the next one goes out, or the login ends."""

import logging
import secrets
from typing import Never

from django.views.decorators.debug import sensitive_variables

from jwtauth.conf import get_settings
from jwtauth.core.context import RequestContext
from jwtauth.core.refresh_token import (
    NONCE_BYTES,
    RefreshKey,
    RefreshKeys,
    RefreshToken,
)
from jwtauth.core.rotation import Decision, Outcome, decide
from jwtauth.exceptions import (
    FamilyOutdated,
    FamilyRefused,
    TokenReused,
    UserInactive,
)
from jwtauth.flows.revoke import revoke_family
from jwtauth.flows.tokens import IssuedTokens, issue
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.signals import token_reused, token_rotated
from jwtauth.stores import families, key_source
from jwtauth.stores.conflicts import retry_conflicts
from jwtauth.stores.families import FoundFamily, Generation

logger = logging.getLogger("jwtauth.security")


@sensitive_variables()
def refresh(text: str, *, sender: RequestContext, now: float) -> IssuedTokens:
    """Return the successor of a refresh token and a fresh access token.

    Args:
        text: the refresh token as it came.
        sender: what the request says of who sent it.
        now: Unix seconds.

    Raises:
        TokenRefused: one subclass per reason; all look the same outside.
        FamiliesBusy: the database kept reporting conflicts; nothing is lost.
        DenylistDown: the login has ended, Redis could not be told.
        RuntimeError: a transaction of the caller is open.
    """
    families.refuse_outer_transaction()
    keys = key_source.refresh_keys(now)
    token = keys.parse(text, now)
    return retry_conflicts(lambda: _attempt(token, keys, sender, now))


def _attempt(
    token: RefreshToken, keys: RefreshKeys, sender: RequestContext, now: float
) -> IssuedTokens:
    """Read, decide, write: once. Whoever loses the write starts over."""
    found = families.find(token.sid)
    if found is None:
        raise FamilyRefused("there is no such family")
    key = keys.find(bytes(found.row.key_hint), now)
    context = sender.material(get_settings().refresh_context)
    policy = get_settings().policy
    decision = decide(
        families.state_of(found, key),
        token,
        context=context,
        policy=policy,
        now=found.now,
    )
    match decision.outcome:
        case Outcome.ROTATED:
            successor = _successor(token, keys.current(now), context)
            families.rotate(found, successor, policy=policy)
        case Outcome.DISPLACED:
            successor = _successor(token, keys.current(now), context)
            families.displace(found, successor, policy=policy)
        case Outcome.RETRY:
            successor = _successor(token, key, context, nonce=bytes(found.row.nonce))
        case _:
            _refuse(found, decision, sender, now)
    _report(found, decision, sender)
    return issue(found, successor.key.encode(successor.token), now=now)


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
        case Outcome.REVOKED:
            revoke_family(sid, reason=RevocationReason.USER_CHANGED, now=now)
            raise UserInactive
        case Outcome.REUSED:
            _end_reused(found, decision, sender, now)
            raise TokenReused(str(decision.reuse))
        case Outcome.OUTDATED:
            _log(logging.ERROR, "family outdated", found, sender)
            raise FamilyOutdated("a restored backup, or a leaked key?")
        case _:
            raise FamilyRefused("ended or expired")


def _end_reused(
    found: FoundFamily, decision: Decision, sender: RequestContext, now: float
) -> None:
    """Revoke the family and tell it once, however many requests found it out."""

    def alert() -> None:
        _log(logging.WARNING, "token reused", found, sender, kind=decision.reuse)
        token_reused.send_robust(
            TokenFamily,
            sid=found.row.sid,
            user_id=str(found.row.user_id),
            kind=decision.reuse,
            request_context=sender,
        )

    revoke_family(
        found.row.pk.bytes, reason=RevocationReason.REUSE, now=now, on_ended=alert
    )


def _report(found: FoundFamily, decision: Decision, sender: RequestContext) -> None:
    _log(logging.INFO, f"token {decision.outcome}", found, sender)
    token_rotated.send_robust(
        TokenFamily,
        sid=found.row.sid,
        outcome=decision.outcome,
        request_context=sender,
    )


def _log(
    level: int, event: str, found: FoundFamily, sender: RequestContext, **more: object
) -> None:
    about = {"sid": found.row.sid, "user_id": str(found.row.user_id)}
    logger.log(level, event, extra={**about, "address": sender.address, **more})
