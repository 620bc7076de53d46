"""Where tokens ride: the Authorization header, two cookies, the body; never the query.

Reads what a request brings and says who sent it; nothing here is proven yet.
"""

import logging
from dataclasses import dataclass, field

from django.http import HttpRequest

from jwtauth.conf import Delivery, get_settings
from jwtauth.core.issued_tokens import IssuedTokens
from jwtauth.exceptions import CredentialsAmbiguous, TokenMalformed
from jwtauth.transport.cookies import (
    access_cookie,
    has_credential_cookie,
    refresh_cookie,
)
from jwtauth.transport.header import bearer_token, has_bearer

logger = logging.getLogger("jwtauth.refusals")

_RENEWED = "_jwtauth_renewed"
_JUDGED_BY_COOKIE = "_jwtauth_judged_by_cookie"


@dataclass(frozen=True, kw_only=True)
class Presented:
    """A token as it came, and the way it came."""

    text: str = field(repr=False)
    delivery: Delivery


def accepts(delivery: Delivery) -> bool:
    """Whether tokens may come and go this way."""
    return delivery in get_settings().delivery


def presented_access_token(request: HttpRequest) -> Presented | None:
    """Return the access token that the request is to be judged by.

    The header wins over the cookie, and a header that is not accepted or not well
    formed never falls through to it.

    Raises:
        TokenMalformed: a Bearer header without a token, or a cookie that came twice.
    """
    if has_bearer(request):
        if accepts(Delivery.BEARER):
            return _presented(bearer_token(request), Delivery.BEARER)
        extra = {"event": "bearer_ignored"}
        logger.info("bearer token not read: DELIVERY lacks 'bearer'", extra=extra)
        return None
    if not accepts(Delivery.COOKIE):
        return None
    setattr(request, _JUDGED_BY_COOKIE, True)
    tokens = renewed(request)
    text = tokens.access_token if tokens else access_cookie(request)
    return _presented(text, Delivery.COOKIE)


def presented_refresh_token(request: HttpRequest, body: str | None) -> Presented | None:
    """Return the refresh token that is to be rotated; None if none came.

    Args:
        request: its header and its cookie.
        body: the member ``refresh`` of its body, if there is one.

    Raises:
        TokenMalformed: a Bearer header without a token, or a cookie that came twice.
        CredentialsAmbiguous: body and header bring two different ones.
    """
    if accepts(Delivery.BEARER):
        text = _one_of(body, _refresh_token_in_header(request))
        if text is not None:
            return Presented(text=text, delivery=Delivery.BEARER)
    if accepts(Delivery.COOKIE) and not has_bearer(request):
        return _presented(refresh_cookie(request), Delivery.COOKIE)
    return None


def presented_cookies(request: HttpRequest) -> list[str]:
    """Return the tokens of both cookies, as far as they came once."""
    tokens = []
    for read in (refresh_cookie, access_cookie):
        try:
            tokens.append(read(request))
        except TokenMalformed:
            continue
    return [token for token in tokens if token is not None]


def comes_by_cookie(request: HttpRequest) -> bool:
    """Whether nothing but cookies says who is calling."""
    return (
        accepts(Delivery.COOKIE)
        and not has_bearer(request)
        and has_credential_cookie(request)
    )


def renew(request: HttpRequest, tokens: IssuedTokens) -> None:
    """Judge the request by ``tokens`` from here on, in place of its cookies."""
    setattr(request, _RENEWED, tokens)


def renewed(request: HttpRequest) -> IssuedTokens | None:
    """Return the tokens that took the place of the cookies, if any did."""
    tokens: IssuedTokens | None = getattr(request, _RENEWED, None)
    return tokens


def was_judged_by_cookie(request: HttpRequest) -> bool:
    """Whether the answer depends on the cookies, or on their absence."""
    return hasattr(request, _JUDGED_BY_COOKIE)


def _presented(text: str | None, delivery: Delivery) -> Presented | None:
    return None if text is None else Presented(text=text, delivery=delivery)


def _refresh_token_in_header(request: HttpRequest) -> str | None:
    """Return the header's token unless it is a JWT, as clients send with every call."""
    token = bearer_token(request)
    return None if token is None or "." in token else token


def _one_of(body: str | None, header: str | None) -> str | None:
    if body is not None and header is not None and body != header:
        raise CredentialsAmbiguous("body and header bring two refresh tokens")
    return header if body is None else body
