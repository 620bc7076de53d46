"""End logins before their time: one, several, or all of a user; their tokens too."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from jwtauth.conf import get_settings
from jwtauth.core import codec
from jwtauth.core.refresh_token import sid_bytes
from jwtauth.exceptions import CredentialsAmbiguous, TokenMalformed, TokenRefused
from jwtauth.flows.announce import announce_after_commit, unrecorded
from jwtauth.models import RevocationReason
from jwtauth.stores import families, key_source, revocations, users
from jwtauth.stores.conflicts import LOCKED_ATTEMPTS, retry_conflicts


@sensitive_variables()
def revoke_by_tokens(
    tokens: Collection[str], *, reason: RevocationReason, now: float
) -> set[bytes]:
    """End the login of any genuine token, stale or expired too; safe to repeat.

    Args:
        tokens: refresh or access tokens of ours, all of one login.
        reason: goes on record.
        now: Unix seconds.

    Returns:
        The id of its family, unless there were no tokens.

    Raises:
        TokenRefused: one of them is not genuine; nothing has ended.
        CredentialsAmbiguous: they are of two logins; nothing has ended.
        DenylistDown: the login has ended; its access tokens may live on
            until Redis is back. Within a transaction of the caller this is
            only logged.
    """
    sids = {_genuine_sid(token, now) for token in tokens}
    if len(sids) > 1:
        raise CredentialsAmbiguous("tokens of two logins")
    for sid in sids:
        revoke_family(sid, reason=reason, now=now)
    return sids


@sensitive_variables()
def revoke_by_cookies(
    tokens: Collection[str], *, reason: RevocationReason, now: float
) -> set[bytes]:
    """End every login that a browser's cookies are of; what is not genuine is none.

    Args:
        tokens: as they came.
        reason: goes on record.
        now: Unix seconds.

    Returns:
        The ids of their families.

    Raises:
        DenylistDown: see ``revoke_by_tokens``.
    """
    sids = genuine_sids(tokens, now=now)
    for sid in sids:
        revoke_family(sid, reason=reason, now=now)
    return sids


@sensitive_variables()
def genuine_sids(tokens: Collection[str], *, now: float) -> set[bytes]:
    """Return whose the genuine ones among ``tokens`` are, stale or expired too."""
    sids = set()
    for token in tokens:
        try:
            sids.add(_genuine_sid(token, now))
        except TokenRefused:
            continue
    return sids


@sensitive_variables()
def revoke_own(
    token: str, *, caller: str | None, reason: RevocationReason, now: float
) -> None:
    """End the login of a genuine token, unless the caller is known to be another.

    Args:
        token: a refresh or access token.
        caller: the ``sub`` of who calls; None if that isn't known. Whoever holds a
            token may end its login then: it is good for more than that.
        reason: goes on record.
        now: Unix seconds.

    Raises:
        TokenRefused: it is not genuine.
        DenylistDown: see ``revoke_by_tokens``.
    """
    sid, owner = _genuine(token, now)
    if caller is not None:
        owner = owner or families.owner_of(sid)
    if caller is None or owner in (None, caller):
        revoke_family(sid, reason=reason, now=now)


def revoke_family(
    sid: bytes,
    *,
    reason: RevocationReason,
    now: float,
    on_ended: Callable[[], None] | None = None,
) -> None:
    """End one login; safe to repeat.

    Args:
        sid: the family.
        reason: goes on record.
        now: Unix seconds.
        on_ended: called after commit, by the one call that ended the family.

    Raises:
        DenylistDown: see ``revoke_by_tokens``.
    """
    using = families.database()

    def end() -> None:
        with transaction.atomic(using=using):
            ended, was_live = revocations.revoke(sid, reason=reason)
            ended = ended or unrecorded(sid, now)
            new = {ended.sid} if was_live else set()
            announce_after_commit(
                [ended], new, reason=reason, now=now, on_ended=on_ended
            )

    retry_conflicts(end)


def revoke_families(
    sids: Collection[bytes],
    *,
    reason: RevocationReason,
    now: float,
    on_ended: Callable[[Collection[str]], None] | None = None,
) -> None:
    """End several logins at once; safe to repeat.

    As many statements for a thousand as for one.

    Args:
        sids: the families; keep them to a thousand or so per call.
        reason: goes on record.
        now: Unix seconds.
        on_ended: called after commit with the ``sid`` of each family that this
            call ended, unless there is none.

    Raises:
        DenylistDown: see ``revoke_by_tokens``.
    """
    using = families.database()

    def end() -> None:
        with transaction.atomic(using=using):
            ended, new = revocations.revoke_several(sids, reason=reason)
            told = partial(on_ended, new) if on_ended is not None else None
            announce_after_commit(ended, new, reason=reason, now=now, on_ended=told)

    retry_conflicts(end)


def revoke_all(
    user_id: Any,  # noqa: ANN401 # the type of the user model's key
    *,
    reason: RevocationReason,
    now: float,
    keep: bytes | None = None,
    must_reach_redis: bool = True,
    on_ended: Callable[[Collection[str]], None] | None = None,
) -> int:
    """End every login of a user.

    A login or a refresh that races with it is either ended too, or refused.

    Args:
        user_id: whose logins.
        reason: goes on record.
        now: Unix seconds.
        keep: the id of one family to spare, usually that of the request.
        must_reach_redis: see ``announce_after_commit``.
        on_ended: see ``revoke_families``.

    Returns:
        How many logins this call ended.

    Raises:
        DenylistDown: see ``revoke_by_tokens``.
    """
    using = families.database()

    def end() -> int:
        with transaction.atomic(using=using):
            users.lock(user_id, using=using)
            ended, new = revocations.revoke_all(user_id, reason=reason, keep=keep)
            told = partial(on_ended, new) if on_ended is not None else None
            announce_after_commit(
                ended,
                new,
                reason=reason,
                now=now,
                on_ended=told,
                must_reach_redis=must_reach_redis,
            )
            return len(new)

    return retry_conflicts(end, attempts=LOCKED_ATTEMPTS)


@sensitive_variables()
def _genuine_sid(token: str, now: float) -> bytes:
    return _genuine(token, now)[0]


@sensitive_variables()
def _genuine(token: str, now: float) -> tuple[bytes, str | None]:
    """Return the family id of a refresh token, or else of an access token.

    An access token says whose it is, too.
    """
    try:
        return key_source.refresh_keys(now).parse(token, now).sid, None
    except TokenMalformed:
        proven = codec.prove(
            token,
            ring=key_source.key_ring(now),
            policy=get_settings().policy,
            now=now,
        )
        return sid_bytes(proven.claims.sid), proven.claims.subject
