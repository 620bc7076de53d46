"""What becomes of a presented refresh token: ``decide``, the whole table.

Every row is published, with bytes, in ``tests/vectors/rotation.json``.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from jwtauth.core.policy import TokenPolicy
from jwtauth.core.refresh_token import RefreshKey, RefreshToken, secret_hash


class RotationOutcome(StrEnum):
    """What becomes of a presented refresh token."""

    REFUSED = "refused"
    """No such login, or it has ended or expired."""
    REVOKED = "revoked"
    """The user is gone, inactive or changed: the family ends."""
    OUTDATED = "outdated"
    """The record lags behind the token: refused, and somebody should look."""
    ROTATED = "rotated"
    """The next generation."""
    RETRY = "retry"
    """The same successor again, for an answer that got lost."""
    DISPLACED = "displaced"
    """Another successor at the same generation; the first is an orphan now."""
    REUSED = "reused"
    """Somebody else has had this token: the family ends."""


class ReuseKind(StrEnum):
    """How reuse showed."""

    FORK = "fork"
    """Two successors of one token are in use."""
    LATE = "late"
    """The predecessor came back after the retry window."""
    STALE = "stale"
    """A token from further back came."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The row of the table that fits."""

    outcome: RotationOutcome
    reuse: ReuseKind | None = None


@dataclass(frozen=True, kw_only=True)
class FamilyState:
    """What is on record about one login, and whether its user still stands for it."""

    key: RefreshKey
    """The key of the last rotation: of successor, context and binding."""
    generation: int
    secret_hash: bytes
    nonce: bytes = field(repr=False)
    context: bytes
    rotated_at: datetime
    was_displaced: bool
    idle_expires_at: datetime
    absolute_expires_at: datetime
    is_revoked: bool
    is_bound: bool
    """The user is active, and client, scope and password are those of the login."""

    def is_over(self, now: datetime) -> bool:
        """Whether the login was ended, or a timeout has passed."""
        expires_at = min(self.idle_expires_at, self.absolute_expires_at)
        return self.is_revoked or now >= expires_at

    def holds(self, token: RefreshToken) -> bool:
        """Whether ``token`` has the secret that is on record."""
        return hmac.compare_digest(self.secret_hash, secret_hash(token.secret))

    def follows(self, token: RefreshToken) -> bool:
        """Whether the secret on record is that of the successor of ``token``."""
        return self.holds(self.key.successor(token, self.nonce))

    def was_rotated_from(self, context: bytes) -> bool:
        """Whether the last rotation came from this ``context``."""
        return hmac.compare_digest(self.context, self.key.context(context))


def decide(
    family: FamilyState | None,
    token: RefreshToken,
    *,
    context: bytes,
    policy: TokenPolicy,
    now: datetime,
) -> Decision:
    """Say what becomes of a presented refresh token; the first row that fits counts.

    Pure and total. Order is by generation, never by clock; the windows start at
    the rotation and never slide.

    Args:
        family: what is on record, or None.
        token: a genuine token of that family.
        context: what the request says of its sender.
        policy: grace period and retry window; 0 and 0 mean strict single use.
        now: the instant of the database that keeps the family.
    """
    if family is None or family.is_over(now):
        return Decision(outcome=RotationOutcome.REFUSED)
    if not family.is_bound:
        return Decision(outcome=RotationOutcome.REVOKED)
    ahead = family.generation - token.generation
    if ahead < 0:
        return Decision(outcome=RotationOutcome.OUTDATED)
    if ahead == 0:
        return _decide_current(family, token)
    if ahead == 1 and family.follows(token):
        return _decide_predecessor(
            age=now - family.rotated_at,
            is_same_context=family.was_rotated_from(context),
            policy=policy,
        )
    return _reused(ReuseKind.STALE)


def _decide_current(family: FamilyState, token: RefreshToken) -> Decision:
    if family.holds(token):
        return Decision(outcome=RotationOutcome.ROTATED)
    if family.was_displaced:
        return _reused(ReuseKind.FORK)
    return Decision(outcome=RotationOutcome.OUTDATED)


def _decide_predecessor(
    *, age: timedelta, is_same_context: bool, policy: TokenPolicy
) -> Decision:
    grace, window = policy.refresh_grace_period, policy.refresh_retry_window
    # A window of 0 is none at all, even within one tick of the clock. The age may be
    # a little below zero: PostgreSQL's instant of a statement is that at which its
    # transaction began, which may be before that of the rotation it then finds. A clock
    # that went back further proves no youth: the live successor isn't handed out again.
    if is_same_context and grace and abs(age) <= grace:
        return Decision(outcome=RotationOutcome.RETRY)
    if window and age <= window:
        return Decision(outcome=RotationOutcome.DISPLACED)
    return _reused(ReuseKind.LATE)


def _reused(kind: ReuseKind) -> Decision:
    return Decision(outcome=RotationOutcome.REUSED, reuse=kind)
