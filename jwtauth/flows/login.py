"""A user who has just been proved gets a token family and its first tokens."""

import logging
import secrets

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from jwtauth.conf import get_settings
from jwtauth.core.context import RequestContext
from jwtauth.core.refresh_token import (
    NONCE_BYTES,
    SECRET_BYTES,
    SID_BYTES,
    RefreshToken,
)
from jwtauth.flows.tokens import (
    AccessToken,
    IssuedTokens,
    first_access_token,
    pair,
)
from jwtauth.models import TokenFamily
from jwtauth.signals import token_issued
from jwtauth.stores import families, key_source, users
from jwtauth.stores.conflicts import (
    LOCKED_ATTEMPTS,
    is_conflict,
    retry_conflicts,
)
from jwtauth.stores.families import FoundFamily, Generation

logger = logging.getLogger("jwtauth.security")


def login(
    user: AbstractBaseUser,
    *,
    backend: str,
    sender: RequestContext,
    now: float,
    scope: str | None = None,
) -> IssuedTokens:
    """Begin a login of ``user``, who has been proved by ``backend``.

    Args:
        user: as the backend returned it; its row is read again under a lock.
        backend: dotted path; asked again at every refresh.
        sender: what the request says of who sent it.
        now: Unix seconds.
        scope: what the client asks for; None for all that the user may have.

    Raises:
        LoginRefused: the user was deactivated or changed meanwhile.
        ScopeRefused: the client asks for more than the user may have.
        ClaimsRefused: the project's function returned what a token may not say.
        FamiliesBusy: the database kept reporting conflicts.
        RuntimeError: a transaction of the caller is open.
    """
    families.refuse_outer_transaction()
    first = _first_generation(sender, now)
    about = {
        "backend": backend,
        "device": sender.device,
        "address": sender.address or None,
    }

    def record() -> tuple[FoundFamily, AccessToken]:
        return _record(user, first, about, scope=scope, now=now)

    found, access = retry_conflicts(record, attempts=LOCKED_ATTEMPTS)
    tokens = pair(found, access, first.key.encode(first.token))
    sid = found.row.sid
    logger.info("login", extra={"sid": sid, "user_id": str(user.pk)})
    token_issued.send_robust(TokenFamily, user=user, sid=sid, request_context=sender)
    return tokens


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
        key=key_source.refresh_keys(now).current(now),
        context=sender.material(get_settings().refresh_context),
    )


@sensitive_variables()
def _record(
    user: AbstractBaseUser,
    first: Generation,
    about: dict[str, str | None],
    *,
    scope: str | None,
    now: float,
) -> tuple[FoundFamily, AccessToken]:
    """Write the family while the user's row is locked."""
    using, policy = families.database(), get_settings().policy
    with transaction.atomic(using=using):
        database_now = users.lock_unchanged(user, using=using)
        found = families.begin(
            first, user=user, about=about, policy=policy, now=database_now
        )
        access = first_access_token(found, scope=scope, now=now)
        families.add(found, first, policy=policy)
        return found, access
