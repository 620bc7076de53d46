"""Compact serialisations (RFC 7515 §7.1, RFC 7516 §7.1): one value, one spelling."""

import re
from typing import Any

from jwt.utils import base64url_decode

from jwtauth.core.strict_json import parse_object
from jwtauth.exceptions import TokenMalformed

# Unpadded base64url with no stray bits in the last character (RFC 7515 §2; RFC 4648
# §3.5).
_PART = r"(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?"
_JWS = re.compile(rf"({_PART})\.({_PART})\.({_PART})", re.ASCII)

# Encrypted directly with a shared key: no encrypted key, an initialization vector of 12
# bytes, a tag of 16 (RFC 7518 §4.5 and §5.3).
_JWE = re.compile(rf"({_PART})\.\.[\w-]{{16}}\.{_PART}\.[\w-]{{21}}[AQgw]", re.ASCII)


def unverified_jws(token: str) -> tuple[dict[str, Any], bytes]:
    """Return header and payload of a signed token; nothing in it is proven yet.

    Args:
        token: the text, of any length.

    Raises:
        TokenMalformed: it is no canonical compact JWS with a JSON header.
    """
    parts = _JWS.fullmatch(token)
    if parts is None:
        raise TokenMalformed("not three canonical base64url parts")
    return parse_object(base64url_decode(parts[1])), base64url_decode(parts[2])


def unverified_jwe_header(token: str) -> dict[str, Any]:
    """Return the header of a token encrypted with a shared key; nothing is proven yet.

    Args:
        token: the text, of any length.

    Raises:
        TokenMalformed: it is no canonical compact JWE of that kind with a JSON header.
    """
    parts = _JWE.fullmatch(token)
    if parts is None:
        raise TokenMalformed("not the five canonical parts of a JWE with alg 'dir'")
    return parse_object(base64url_decode(parts[1]))
