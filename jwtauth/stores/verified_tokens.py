"""Access tokens whose signature this process has checked: not to be checked again.

What was proven stays proven as long as the keys and the policy are the same objects;
what time or others can change (dates, the end of a key, the denylist) is judged anew at
every request. Found by the digest of the exact text: no token is kept.
"""

import hashlib
from collections import OrderedDict

from jwtauth.conf import get_settings
from jwtauth.core.codec import Proven
from jwtauth.core.keys import KeyRing
from jwtauth.core.policy import TokenPolicy

MAX_CHARACTERS = 2048
"""Longer tokens are checked each time: nobody fills the memory with them."""


class VerifiedTokens:
    """The most recently used tokens of one key ring and one policy."""

    def __init__(self, ring: KeyRing, policy: TokenPolicy, *, size: int) -> None:
        """Begin with none; ``size`` is how many are kept."""
        self.ring = ring
        self.policy = policy
        self._size = size
        self._proven: OrderedDict[bytes, Proven] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are known."""
        return len(self._proven)

    def find(self, token: str) -> Proven | None:
        """Return what was proven of this exact text, if it is known."""
        if len(token) > MAX_CHARACTERS:
            return None
        name = _digest(token)
        proven = self._proven.get(name)
        if proven is not None:
            self._touch(name)
        return proven

    def add(self, token: str, proven: Proven) -> None:
        """Remember what was proven; the least recently used make room."""
        if self._size == 0 or len(token) > MAX_CHARACTERS:
            return
        self._proven[_digest(token)] = proven
        while len(self._proven) > self._size:
            self._drop_oldest()

    def _touch(self, name: bytes) -> None:
        try:
            self._proven.move_to_end(name)
        except KeyError:
            return  # Another thread has just made room.

    def _drop_oldest(self) -> None:
        try:
            self._proven.popitem(last=False)
        except KeyError:
            return  # The same.


_current: VerifiedTokens | None = None


def verified_tokens(ring: KeyRing) -> VerifiedTokens:
    """Return the tokens that were proven under ``ring`` and the policy in force.

    A reload of the keys, or other settings, begin anew.
    """
    global _current  # noqa: PLW0603 # one per process, swapped whole
    known, settings = _current, get_settings()
    if known is None or known.ring is not ring or known.policy is not settings.policy:
        known = VerifiedTokens(ring, settings.policy, size=settings.verified_cache_size)
        _current = known
    return known


def _digest(token: str) -> bytes:
    # Text from a JSON body may hold what UTF-8 has no bytes for.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
