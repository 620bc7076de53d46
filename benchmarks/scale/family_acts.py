"""What is done to a login of jwtauth, each time to another one."""

import time
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.test import RequestFactory

import jwtauth
from benchmarks.comparison import Call
from benchmarks.scale.sides import LOGINS_EACH, Prepare
from demo_project.devices import BROWSER
from jwtauth.conf import get_settings
from jwtauth.core import codec
from jwtauth.core.claims import AccessClaims
from jwtauth.core.context import RequestContext
from jwtauth.core.refresh_token import sid_text
from jwtauth.flows.authenticate import authenticate, verify
from jwtauth.flows.refresh import refresh
from jwtauth.stores import active_families, key_source

_SENDER = RequestContext(user_agent=BROWSER)


@dataclass(kw_only=True)
class Family:
    """A login that is there: whose it is, and its refresh token of the moment."""

    sid: bytes
    user_id: int
    username: str
    refresh_token: str


def _access_token(family: Family) -> Call:
    """Return a call that asks the denylist of a token whose signature is known."""
    token = _signed(family)
    verify(token, now=time.time())
    return lambda: authenticate(token, now=time.time())


def _signed(family: Family) -> str:
    policy, now = get_settings().policy, time.time()
    claims = AccessClaims(
        issuer=policy.issuer,
        audience=(policy.audience,),
        subject=str(family.user_id),
        client_id=policy.client_id,
        issued_at=int(now),
        expires_at=int(now) + 900,
        jti="j" * 22,
        sid=sid_text(family.sid),
        auth_time=int(now),
    )
    return codec.issue(claims, ring=key_source.key_ring(now), policy=policy, now=now)


def _refresh(family: Family) -> Call:
    def act() -> None:
        tokens = refresh(family.refresh_token, sender=_SENDER, now=time.time())
        family.refresh_token = tokens.refresh_token

    return act


def _log_in(family: Family) -> Call:
    """Return a call that finds the user by name and begins one more login."""
    request = RequestFactory(HTTP_USER_AGENT=BROWSER).post("/")
    return lambda: jwtauth.login(
        request, User.objects.get_by_natural_key(family.username)
    )


def _list(family: Family) -> Call:
    def act() -> None:
        # One of them has ended, every other user's.
        if len(active_families.listed(family.user_id)) < LOGINS_EACH - 1:
            raise RuntimeError("Not all of a user's logins are listed.")

    return act


ACTS: dict[str, Prepare[Family]] = {
    "access token, denylist": _access_token,
    "refresh": _refresh,
    "logins listed": _list,
    "login": _log_in,
}
