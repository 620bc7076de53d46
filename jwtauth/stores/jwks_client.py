"""One bounded GET of a JWKS address: no redirect, not more than a set of keys takes.

Whatever answers too slowly, with too much, or with another address is refused: it would
keep a thread, fill the memory, or lead into our own network (RFC 8725 §3.10).
"""

import http.client
import time
import urllib.request
from typing import Any
from urllib.error import HTTPError

from jwtauth.core.jwks_address import JWKSAddress
from jwtauth.exceptions import KeysUnavailable

TIMEOUT_SECONDS = 2.0
"""For the connection, for each wait within the answer, and for its whole body."""

MAX_BYTES = 65_536
_CHUNK_BYTES = 8192


def fetch(address: JWKSAddress) -> bytes:
    """Return the document at an address.

    Raises:
        KeysUnavailable: nobody answers, too late, too much, or not with status 200.
    """
    request = urllib.request.Request(  # noqa: S310 # https, or this very machine
        address.url, headers={"Accept": "application/jwk-set+json, application/json"}
    )
    try:
        with _opener(address).open(request, timeout=TIMEOUT_SECONDS) as answer:
            if answer.status != http.HTTPStatus.OK:
                raise KeysUnavailable(f"{address.url} answers {answer.status}")
            return _body_of(answer, address)
    except HTTPError as error:
        error.close()
        raise KeysUnavailable(f"{address.url} answers {error.code}") from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise KeysUnavailable(f"{address.url}: {type(reason).__name__}") from error


def _body_of(answer: http.client.HTTPResponse, address: JWKSAddress) -> bytes:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    body = b""
    # One read at a time: together they could take for ever, a byte in each.
    while chunk := answer.read1(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_BYTES:
            raise KeysUnavailable(f"{address.url} sends more than {MAX_BYTES} bytes")
        if time.monotonic() > deadline:
            raise KeysUnavailable(f"{address.url} sends too slowly")
    if answer.length:  # read1() takes an early end for the end
        raise KeysUnavailable(f"{address.url} breaks off")
    return body


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Takes a redirect for the error that it is here."""

    def redirect_request(self, *_args: Any) -> None:  # noqa: ANN401 # urllib's signature
        return None


def _opener(address: JWKSAddress) -> urllib.request.OpenerDirector:
    # HTTPS_PROXY counts as everywhere; no proxy could reach this machine's loopback.
    proxies = urllib.request.ProxyHandler({} if address.is_loopback else None)
    return urllib.request.build_opener(_NoRedirect, proxies)
