"""The Authorization header: one access or refresh token (RFC 6750 §2.1)."""

import re

from django.http import HttpRequest

from jwtauth.exceptions import TokenMalformed

# RFC 6750 §2.1: one space, then the b64token characters. Only the scheme is in any
# case: said of the whole pattern, it takes four times as long to read a token.
_BEARER = re.compile(r"(?i:bearer) ([A-Za-z0-9._~+/-]+=*)", re.ASCII)

# The scheme ends where a character comes that no scheme has (RFC 9110 §5.6.2 and
# §11.1): a tab or a comma after it is a bad token, not another scheme.
_BEARER_SCHEME = re.compile(
    r"\s*bearer(?![\w!#$%&'*+.^`|~-])", re.ASCII | re.IGNORECASE
)


def has_bearer(request: HttpRequest) -> bool:
    """Whether the request brings bearer credentials, good or bad."""
    return bool(_BEARER_SCHEME.match(request.META.get("HTTP_AUTHORIZATION", "")))


def bearer_token(request: HttpRequest) -> str | None:
    """Return the token of the Authorization header; None for other schemes.

    Raises:
        TokenMalformed: the scheme is Bearer, but what follows is no token. It
            never falls through to a weaker way in.
    """
    match = _BEARER.fullmatch(request.META.get("HTTP_AUTHORIZATION", ""))
    if match is not None:
        return match[1]
    if has_bearer(request):
        raise TokenMalformed("not 'Bearer', one space and a token")
    return None
