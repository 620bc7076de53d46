"""A login begins, on the page and in JSON alike."""

import time
from collections.abc import Callable
from functools import partial

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.views.decorators.debug import sensitive_variables

from jwtauth import transport
from jwtauth.conf import Delivery
from jwtauth.core.issued_tokens import IssuedTokens
from jwtauth.exceptions import CredentialsChanged
from jwtauth.flows import login as flow
from jwtauth.flows.limit import Place
from jwtauth.flows.revoke import genuine_sids
from jwtauth.stores import users
from jwtauth.transport.sender import sender_of


@sensitive_variables()
def begin_login(
    request: HttpRequest,
    user: AbstractBaseUser,
    delivery: Delivery,
    *,
    prove_again: Callable[[], AbstractBaseUser],
    scope: str | None = None,
    may_end_oldest: bool = False,
) -> IssuedTokens:
    """Begin the login of a user who has just been proved, and tell Django.

    Args:
        request: the login's; checked against CSRF where it ends in cookies.
        user: as ``authenticate()`` returned it.
        delivery: how the tokens will go out.
        prove_again: called if the credentials changed meanwhile: a login at the same
            moment may have stored the password under a better hash.
        scope: what the client asks for; None for all that the user may have.
        may_end_oldest: whether the oldest login may end for this one.

    Raises:
        LoginRefused: see ``jwtauth.login``; or whatever ``prove_again`` raises.
    """
    by_cookie = delivery is Delivery.COOKIE
    begin = partial(
        flow.login,
        sender=sender_of(request),
        now=time.time(),
        scope=scope,
        place=Place(
            replaces=_overwritten(request) if by_cookie else (),
            end_oldest=may_end_oldest,
        ),
    )
    try:
        tokens = begin(user, backend=users.backend_of(user))
    except CredentialsChanged:
        user = prove_again()
        tokens = begin(user, backend=users.backend_of(user))
    flow.tell_django(user, request)
    if by_cookie:
        rotate_token(request)
    return tokens


@sensitive_variables()
def _overwritten(request: HttpRequest) -> set[bytes]:
    """Return the logins whose cookies are about to be overwritten (ASVS 7.2.4).

    Nobody could log them out any more, and a late answer to one of their pages could
    put its cookies, renewed, over those of the next user of the browser.
    """
    return genuine_sids(transport.presented_cookies(request), now=time.time())
