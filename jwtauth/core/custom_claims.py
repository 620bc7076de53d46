"""CustomClaims: what a project adds to access tokens, held to what it said it would."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from jwtauth.core import scope
from jwtauth.core.claims import NO_CLAIMS
from jwtauth.core.strict_json import frozen, thawed
from jwtauth.exceptions import ClaimsRefused, ScopeRefused

SCOPE = "scope"

RESERVED = frozenset(
    {
        *("iss", "sub", "aud", "exp", "nbf", "iat", "jti"),  # RFC 7519 §4.1
        *("client_id", "auth_time", "acr", "amr"),  # RFC 9068 §2.2
        *("sid", "azp", "nonce", "at_hash", "c_hash"),  # OpenID Connect
        *("cnf", "act", "may_act", "authorization_details"),  # RFC 7800, 8693, 9396
        *("typ", "alg", "kid", "crit", "cty"),  # header parameters
    }
)
"""Names that say who a token is from, for and about: no project's function says that.

Others than the ones we write are among them: whoever finds one believes that the issuer
made sure of it.
"""


@dataclass(frozen=True, kw_only=True)
class CustomClaims:
    """The scope that a user may have now, and claims of the project's own."""

    scope: str = ""
    extra: Mapping[str, Any] = field(default_factory=lambda: NO_CLAIMS, hash=False)


def judge_claims(
    returned: object, *, allowed: Collection[str], source: str
) -> CustomClaims:
    """Return what the project's function returned, if a token may say it.

    Args:
        returned: claims by name; nothing is known of it yet.
        allowed: the names it may return besides ``scope``.
        source: how to name the function in an error.

    Raises:
        ClaimsRefused: names the claim, never its value.
    """
    if not isinstance(returned, Mapping):
        raise ClaimsRefused(f"{source} must return a dict of claims")
    extra = {
        name: _judged(name, value, allowed, source)
        for name, value in returned.items()
        if name != SCOPE
    }
    scope_ = _judged_scope(returned.get(SCOPE, ""), source)
    return CustomClaims(scope=scope_, extra=frozen(extra))


def _judged(
    name: object, value: object, allowed: Collection[str], source: str
) -> object:
    if name in RESERVED:
        raise ClaimsRefused(f"{source} returned {name!r}, which is not its to say")
    if name not in allowed:
        raise ClaimsRefused(
            f"{source} returned {name!r}, which is not in JWTAUTH['CLAIM_NAMES']"
        )
    try:
        json.dumps(thawed(frozen(value)), ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        # The kind alone: the text of some errors quotes the value.
        kind = error if isinstance(error, TypeError) else type(error).__name__
        raise ClaimsRefused(f"{source} returned {name!r}, no JSON: {kind}") from None
    return value


def _judged_scope(value: object, source: str) -> str:
    if not isinstance(value, str):
        raise ClaimsRefused(f"{source} returned a 'scope' that is no string")
    try:
        text = scope.joined(scope.words_of(value))
    except ScopeRefused as error:
        raise ClaimsRefused(f"{source} returned a 'scope': {error}") from None
    if len(text) > scope.MAX_CHARACTERS:
        raise ClaimsRefused(
            f"{source} returned a 'scope' of {len(text)} characters; a login keeps "
            f"{scope.MAX_CHARACTERS}"
        )
    return text
