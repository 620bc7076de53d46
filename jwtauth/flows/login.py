"""A user who has just been proved gets a token family and its first tokens."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from jwtauth.conf import get_settings
from jwtauth.core.context import RequestContext
from jwtauth.core.issued_tokens import IssuedTokens
from jwtauth.core.refresh_token import (
    NONCE_BYTES,
    SECRET_BYTES,
    SID_BYTES,
    RefreshToken,
    sid_bytes,
)
from jwtauth.exceptions import LoginRefused
from jwtauth.flows.limit import BY_POLICY, Place, take_place
from jwtauth.flows.tokens import (
    AccessToken,
    access_token_within,
    first_access_token,
    pair,
)
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.signals import login_refused, report, token_issued
from jwtauth.stores import families, generations, key_source, users
from jwtauth.stores.conflicts import (
    LOCKED_ATTEMPTS,
    is_conflict,
    retry_conflicts,
)
from jwtauth.stores.families import FoundFamily
from jwtauth.stores.generations import Generation

_KEPT = ("backend", "client_id", "created_at", "absolute_expires_at")
"""The columns of a login that goes on under another family."""


@dataclass(frozen=True, kw_only=True)
class _Terms:
    """What a login begins with, apart from its user."""

    kind: str
    """``login``, ``step_up`` or ``renewal``: what is told of it."""
    columns: Mapping[str, Any]
    scope: str | None = None
    """What the client asks for; None for all that the user may have."""
    within: str | None = None
    """What an older login was granted, where this one takes its place."""
    place: Place = BY_POLICY


def login(
    user: AbstractBaseUser,
    *,
    backend: str,
    sender: RequestContext,
    now: float,
    scope: str | None = None,
    place: Place = BY_POLICY,
) -> IssuedTokens:
    """Begin a login of ``user``, who has been proved by ``backend``.

    Args:
        user: as the backend returned it; its row is read again under a lock.
        backend: dotted path; asked again at every refresh.
        sender: what the request says of who sent it.
        now: Unix seconds.
        scope: what the client asks for; None for all that the user may have.
        place: what may end so that it may begin.

    Raises:
        LoginRefused: the user was deactivated or changed meanwhile.
        SessionLimitReached: the user has as many logins as allowed.
        ScopeRefused: the client asks for more than the user may have.
        ClaimsRefused: the project's function returned what a token may not say.
        FamiliesBusy: the database kept reporting conflicts.
        RuntimeError: a transaction of the caller is open.
    """
    terms = _Terms(kind="login", columns={"backend": backend}, scope=scope, place=place)
    return _begin(user, terms, sender=sender, now=now)


def go_on(
    ended: bytes,
    *,
    user: AbstractBaseUser,
    reason: RevocationReason,
    sender: RequestContext,
    now: float,
) -> IssuedTokens:
    """Give a login that its own user's change has ended a new family.

    Nobody was proved anew: the time of the login and its absolute end stay, and so
    does what it was granted.

    Args:
        ended: the family.
        user: as it was saved with the change; another change since counts more.
        reason: what the change ended the family for; what ended before stays ended.
        sender: what the request says of who sent it.
        now: Unix seconds.

    Raises:
        LoginRefused: the login had ended otherwise, or the user may not log in.
        ClaimsRefused: see ``login``.
        FamiliesBusy: see ``login``.
        RuntimeError: see ``login``.
    """
    found = families.find(ended)
    if found is None or found.row.revoked_reason != reason:
        raise LoginRefused("the login had ended before")
    if found.absolute_expires_at <= found.now:
        raise LoginRefused("the login has expired")
    kept = {name: getattr(found.row, name) for name in _KEPT}
    terms = _Terms(kind="renewal", columns=kept, within=found.row.scope)
    return _begin(user, terms, sender=sender, now=now)


def step_up(
    user: AbstractBaseUser,
    *,
    backend: str,
    replaces: str,
    sender: RequestContext,
    now: float,
) -> IssuedTokens:
    """Begin a login in the place of one whose user has just been proved once more.

    It is a new one: later ``auth_time``, other tokens, what was granted before.

    Args:
        user: as the backend returned it.
        backend: dotted path.
        replaces: the ``sid`` of the older login; it ends.
        sender: what the request says of who sent it.
        now: Unix seconds.

    Raises:
        LoginRefused: see ``login``; or the older login is not on record.
        LoginOvertaken: the older login has ended meanwhile, and stays so.
        SessionLimitReached: see ``login``.
        ClaimsRefused: see ``login``.
        FamiliesBusy: see ``login``.
        RuntimeError: see ``login``.
    """
    old = families.find(sid_bytes(replaces))
    if old is None:
        error = LoginRefused("what the login was granted is not on record")
        _report_refused(error, user, sender)
        raise error
    terms = _Terms(
        kind="step_up",
        columns={"backend": backend},
        within=old.row.scope,
        place=Place(
            replaces=(sid_bytes(replaces),),
            reason=RevocationReason.STEPPED_UP,
            goes_on=True,
        ),
    )
    return _begin(user, terms, sender=sender, now=now)


def _begin(
    user: AbstractBaseUser, terms: _Terms, *, sender: RequestContext, now: float
) -> IssuedTokens:
    families.refuse_outer_transaction()
    first = _first_generation(sender, now)
    about = {"device": sender.device, "address": sender.address or None}
    terms = replace(terms, columns={**terms.columns, **about})
    try:
        found, access = retry_conflicts(
            lambda: _record(user, first, terms, now), attempts=LOCKED_ATTEMPTS
        )
    except LoginRefused as error:
        _report_refused(error, user, sender)
        raise
    tokens = pair(found, access, first.key.encode(first.token))
    report(
        token_issued,
        TokenFamily,
        sid=found.row.sid,
        user_id=str(user.pk),
        request_context=sender,
        user=user,
        kind=terms.kind,
    )
    return tokens


def _report_refused(
    error: LoginRefused, user: AbstractBaseUser, sender: RequestContext
) -> None:
    report(
        login_refused,
        TokenFamily,
        sid=None,
        user_id=str(user.pk),
        request_context=sender,
        code=error.code,
    )


def tell_django(user: AbstractBaseUser, request: object) -> None:
    """Send Django's ``user_logged_in``, which keeps ``last_login``.

    ``last_login`` is no part of the login: another login of the user that wrote it at
    the same moment must not fail this one, whose tokens are on record.
    """
    for _, failure in user_logged_in.send_robust(
        type(user), request=request, user=user
    ):
        if isinstance(failure, Exception) and not is_conflict(failure):
            raise failure


def _first_generation(sender: RequestContext, now: float) -> Generation:
    return Generation(
        token=RefreshToken(
            sid=secrets.token_bytes(SID_BYTES),
            generation=0,
            secret=secrets.token_bytes(SECRET_BYTES),
        ),
        # Nothing was derived with it; the column is filled all the same.
        nonce=secrets.token_bytes(NONCE_BYTES),
        key=key_source.current_refresh_key(now),
        context=sender.material(get_settings().refresh_context),
    )


@sensitive_variables()
def _record(
    user: AbstractBaseUser, first: Generation, terms: _Terms, now: float
) -> tuple[FoundFamily, AccessToken]:
    """Write the family while the user's row is locked."""
    using, policy = families.database(), get_settings().policy
    with transaction.atomic(using=using):
        # From here on as it is now: rights may have been taken away since the proof.
        locked, database_now = users.lock_unchanged(user, using=using)
        take_place(user.pk, terms.place, now=now)
        found = generations.begin(
            first, user=locked, about=terms.columns, policy=policy, now=database_now
        )
        access = _access_token(found, terms, now)
        generations.add(found, first, policy=policy)
        return found, access


@sensitive_variables()
def _access_token(found: FoundFamily, terms: _Terms, now: float) -> AccessToken:
    if terms.within is None:
        return first_access_token(found, scope=terms.scope, now=now)
    return access_token_within(found, granted=terms.within, now=now)
