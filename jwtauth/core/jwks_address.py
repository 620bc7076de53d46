"""The address of a JWK Set that another service publishes."""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

# Narrower than RFC 3986: what two parsers could read as two hosts is refused, and so is
# what no resolver takes (RFC 1035 §2.3.4).
_TEXT = re.compile(r"[!-~]+")
_HOST = re.compile(
    r"(\[[0-9A-Fa-f:.]+\]|[\w-]{1,63}(\.[\w-]{1,63})*)(:[0-9]+)?", re.ASCII
)


@dataclass(frozen=True)
class JWKSAddress:
    """An https address, or an http one that doesn't leave this machine.

    Its text, for messages, is without the query, which may hold a password.
    """

    url: str = field(repr=False)

    def __str__(self) -> str:
        """Return scheme, host and path."""
        return re.split("[?#]", self.url, maxsplit=1)[0]

    @property
    def is_loopback(self) -> bool:
        """Whether it leads to this very machine."""
        return is_loopback_host(urlsplit(self.url).hostname or "")


def parse_address(url: str) -> JWKSAddress:
    """Read an address.

    Raises:
        ValueError: whoever is on the way could put keys of their own there, or it is
            no address at all; says which.
    """
    parts = _split(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user or password: public keys need none")
    if not _HOST.fullmatch(parts.netloc):
        raise ValueError("is no address")
    if parts.scheme == "http" and not is_loopback_host(parts.hostname or ""):
        raise ValueError("must be https: over http anybody on the way can sign")
    if parts.scheme not in {"https", "http"}:
        raise ValueError("must be https")
    return JWKSAddress(url)


def _split(url: str) -> SplitResult:
    """Return the parts of an address; urlsplit itself drops line breaks in it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("is no address") from None
    if not _TEXT.fullmatch(url):
        raise ValueError("is no address")
    return parts


def is_loopback_host(host: str) -> bool:
    """Whether a host, by name or address, is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
