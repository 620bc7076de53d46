"""Scope: what a token may be used for, as words (RFC 6749 §3.3)."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from jwtauth.exceptions import ScopeRefused

MAX_CHARACTERS = 1000
"""As many as a login keeps of what it was granted."""

# RFC 6749 §3.3: printable ASCII but the space, the quote and the backslash.
_WORD = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
# What quote() would escape and a word may hold; "%" stays out, so that two names
# never become one word.
_PLAIN = "!#$&'()*+,/:;<=>?@[]^`{|}"


def is_word(text: str) -> bool:
    """Whether ``text`` can be one word of a scope."""
    return _WORD.fullmatch(text) is not None


def word_of(name: str) -> str:
    """Return ``name`` as one word; what a word may not hold is percent-encoded.

    Two different names never give the same word.
    """
    return quote(name, safe=_PLAIN)


def words_of(scope: str) -> tuple[str, ...]:
    """Return the words of a scope in their order, each once; of "" none.

    Raises:
        ScopeRefused: it is not words with one space between each two.
    """
    words = scope.split(" ") if scope else []
    if not all(is_word(word) for word in words):
        raise ScopeRefused("not words with one space between each two")
    return tuple(dict.fromkeys(words))


def narrowed(granted: str, requested: str | None) -> str:
    """Return what was asked for out of what was granted, in the order of the grant.

    Args:
        granted: a scope.
        requested: a scope; None asks for all of it.

    Raises:
        ScopeRefused: it asks for more (RFC 6749 §6), or is no scope.
    """
    if requested is None:
        return granted
    wanted = words_of(requested)
    if not set(wanted) <= set(words_of(granted)):
        raise ScopeRefused("more than was granted")
    return common(granted, requested)


def common(scope: str, other: str) -> str:
    """Return the words of ``scope`` that ``other`` has, too.

    Raises:
        ScopeRefused: one of them is no scope.
    """
    others = words_of(other)
    return joined([word for word in words_of(scope) if word in others])


def joined(words: Sequence[str]) -> str:
    """Return the scope of these words."""
    return " ".join(words)
