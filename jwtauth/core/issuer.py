"""IssuerURL: an issuer that is an address, so that clients find its metadata."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from jwtauth.core.jwks_address import is_loopback_host

# RFC 3986 §2: what a URL is made of, but for "?" and "#", which begin query and
# fragment. urlsplit() would drop line ends without a word.
_URL = re.compile(r"[A-Za-z0-9._~:/@!$&'()*+,;=%\[\]-]+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class IssuerURL:
    """What the addresses of an issuer are made from (RFC 8414 §3).

    ``origin`` is scheme and authority; ``path`` begins with a slash and does not end
    with one, or is empty.
    """

    origin: str
    path: str


def parse_issuer(issuer: str) -> IssuerURL | None:
    """Read an issuer that is a URL as RFC 8414 §2 wants it; None if it isn't.

    That is https without query and fragment; http only for this very machine.
    """
    if not _URL.fullmatch(issuer):
        return None
    try:
        parts = urlsplit(issuer)
        if not _is_fit(parts):
            return None
    except ValueError:
        return None
    return IssuerURL(
        origin=f"{parts.scheme}://{parts.netloc}", path=parts.path.removesuffix("/")
    )


def _is_fit(parts: SplitResult) -> bool:
    """Whether scheme and host will do.

    Raises:
        ValueError: the port or the address in brackets is none.
    """
    host = parts.hostname
    if not host or parts.port == 0 or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (
        parts.scheme == "http" and is_loopback_host(host)
    )
