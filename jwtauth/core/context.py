"""RequestContext: what a request says of its sender, as a signal, never a secret."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

_IPV4_PREFIX = 24
_IPV6_PREFIX = 48
_DEVICE_LENGTH = 200


@dataclass(frozen=True, kw_only=True)
class RequestContext:
    """User agent and address of the sender; both may be empty."""

    user_agent: str = ""
    address: str = ""

    @property
    def device(self) -> str:
        """The user agent as it is shown to people: one line, bounded."""
        printable = "".join(c if c.isprintable() else " " for c in self.user_agent)
        return printable[:_DEVICE_LENGTH]

    def material(self, parts: Sequence[str]) -> bytes:
        """Return the bytes that stand for this sender.

        Args:
            parts: names out of ``user_agent`` and ``ip_prefix``
                (the setting ``REFRESH_CONTEXT``).
        """
        values = {"user_agent": self.user_agent, "ip_prefix": self._ip_prefix()}
        return "\0".join(f"{part}={values[part]}" for part in parts).encode(
            errors="replace"
        )

    def _ip_prefix(self) -> str:
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return ""
        # The same sender, whichever way the socket spells it (RFC 4291 §2.5.5.2).
        address = getattr(address, "ipv4_mapped", None) or address
        # A private address says nothing of the sender: proxies share them.
        if not address.is_global:
            return ""
        length = _IPV4_PREFIX if address.version == 4 else _IPV6_PREFIX  # noqa: PLR2004
        return str(ipaddress.ip_network(f"{address}/{length}", strict=False))
