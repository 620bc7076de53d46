"""JWT access tokens, rotating refresh tokens, instant revocation.

Every import points down this list; the build enforces it::

    apps
    urls  well_known  admin  management  checks  receivers
    views
    decorators
    permissions
    authentication  forms  middleware  serializers  parsers  scopes
    lazy_user
    answers  destinations
    transport
    flows          one user story per file
    stores
    signals
    models
    conf           the only reader of JWTAUTH
    core           pure
    exceptions

Two calls are for applications: ``login`` for a user proved elsewhere, and
``revoke_all``.
"""

from typing import TYPE_CHECKING

__all__ = ["login", "revoke_all"]

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest

    from jwtauth.core.issued_tokens import IssuedTokens


def login(
    request: "HttpRequest",
    user: "AbstractBaseUser",
    *,
    scope: str | None = None,
    end_oldest: bool = False,
) -> "IssuedTokens":
    """Begin a login of a user who has been proved, by ``authenticate()`` or elsewhere.

    Sends Django's ``user_logged_in``, which keeps ``last_login``.

    Args:
        request: says which device and address the login is from.
        user: as ``django.contrib.auth.authenticate()`` returned it; with only one
            authentication backend configured, any active user.
        scope: what the login is to be granted, out of what ``CLAIMS`` says that the
            user may have; None for all of it.
        end_oldest: the user wants it, if ``SESSION_LIMIT_POLICY`` would refuse this
            login: end the oldest for it.

    Returns:
        The first access and refresh token of a new family.

    Raises:
        ValueError: there are several backends and ``user.backend`` isn't set.
        LoginRefused: the user was deactivated or changed meanwhile.
        ScopeRefused: ``scope`` is more than the user may have.
        ClaimsRefused: ``CLAIMS`` returned what a token may not say.
        SessionLimitReached: the user has as many logins as allowed.
        FamiliesBusy: the database kept reporting conflicts.
        RuntimeError: the caller has a transaction open.
    """
    import time

    from jwtauth.flows import login as flow
    from jwtauth.flows.limit import Place
    from jwtauth.stores import users
    from jwtauth.transport.sender import sender_of

    tokens = flow.login(
        user,
        backend=users.backend_of(user),
        sender=sender_of(request),
        now=time.time(),
        scope=scope,
        place=Place(end_oldest=end_oldest),
    )
    flow.tell_django(user, request)
    return tokens


def revoke_all(user: "AbstractBaseUser", reason: str, keep: str | None = None) -> int:
    """End every login of a user, at once; call it after ``queryset.update()``.

    Args:
        user: whose logins.
        reason: one of ``jwtauth.models.RevocationReason``; goes on record.
        keep: the ``sid`` claim of one login to spare.

    Returns:
        How many logins ended.

    Raises:
        ValueError: ``reason`` is none of those.
        TokenMalformed: ``keep`` is no ``sid`` of ours.
        DenylistDown: the logins have ended, but their access tokens may
            live on until Redis is back. Within a transaction of the caller this
            is only logged, after the commit; ``jwtauth_purge`` makes up for it.
    """
    import time

    from jwtauth.core.refresh_token import sid_bytes
    from jwtauth.flows import revoke as flow
    from jwtauth.models import RevocationReason

    return flow.revoke_all(
        user.pk,
        reason=RevocationReason(reason),
        now=time.time(),
        keep=None if keep is None else sid_bytes(keep),
    )
