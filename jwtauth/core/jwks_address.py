"""The address of a JWK Set that another service publishes."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class JWKSAddress:
    """An https address, or an http one that doesn't leave this machine."""

    url: str

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
    parts = urlsplit(url)
    _ = parts.port  # or ValueError
    if not parts.hostname or not url.isascii() or url != url.strip():
        raise ValueError("is no address")
    if parts.scheme == "http" and not is_loopback_host(parts.hostname):
        raise ValueError("must be https: over http anybody on the way can sign")
    if parts.scheme not in {"https", "http"}:
        raise ValueError("must be https")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user or password: public keys need none")
    return JWKSAddress(url)


def is_loopback_host(host: str) -> bool:
    """Whether a host, by name or address, is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
