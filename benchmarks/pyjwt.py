"""The yardstick of access tokens: PyJWT called as its documentation says."""

import functools
import time

import jwt

from benchmarks.comparison import Call
from jwtauth.core import codec
from jwtauth.core.claims import AccessClaims
from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.keys import Key, KeyUse
from jwtauth.core.policy import TokenPolicy

POLICY = TokenPolicy(issuer="i", audience="a", client_id="c")


def decoder(token: str, key: Key) -> Call:
    """Return a call that decodes ``token`` with all that ours checks as well."""
    return functools.partial(
        jwt.decode,
        token,
        key.verifying,
        algorithms=[key.alg],
        audience=POLICY.audience,
        issuer=POLICY.issuer,
        options={"require": ["exp", "iat", "sub", "jti"]},
    )


def hs256_decoder() -> Call:
    """Return a call that decodes a token with the cheapest algorithm there is."""
    key = parse_key(generate_jwk("HS256", KeyUse.SIG))
    return decoder(codec.sign(claims(time.time()), key), key)


def claims(now: float) -> AccessClaims:
    """Return what an access token issued at ``now``, in Unix seconds, says."""
    return AccessClaims(
        issuer=POLICY.issuer,
        audience=(POLICY.audience,),
        subject="1",
        client_id=POLICY.client_id,
        issued_at=int(now),
        expires_at=int(now) + 3600,
        jti="j" * 22,
        sid="s" * 22,
        auth_time=int(now),
    )
