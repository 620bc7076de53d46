"""The session id: 256 random bits for the client, their digest for the store."""

import base64
import hashlib
import re
import secrets

ID_BYTES = 32
_CANONICAL = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


def new_session_key() -> str:
    """Return a fresh id: 32 random bytes, base64url without padding."""
    return secrets.token_urlsafe(ID_BYTES)


def is_session_key(text: str) -> bool:
    """Return whether ``text`` could be an id of ours, so that asking is worthwhile.

    The last character carries two bits that must be zero: each id has one spelling.
    """
    return _CANONICAL.fullmatch(text) is not None


def digest(session_key: str) -> str:
    """Return what stands for the id in the store, in logs and in signals.

    An id has 256 bits of entropy, so a plain SHA-256 without salt or stretching
    can't be reversed; whoever reads the store holds nothing that logs in.
    """
    hashed = hashlib.sha256(session_key.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")
