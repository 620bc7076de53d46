"""Verification under change and chance: refused, or the very token that was signed."""

import json
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jwtauth.exceptions import TokenMalformed, TokenRefused
from tests.jwtauth.core.key_box import key_of
from tests.jwtauth.core.raw_tokens import (
    CLAIMS,
    KEY,
    NOW,
    POLICY,
    b64,
    header_of,
    refusal_of,
    signed,
    unb64,
    verify,
)

ALPHABET = string.ascii_letters + string.digits + "-_"
GENUINE = {alg: signed(key=key_of(alg)) for alg in ("ES256", "Ed25519", "RS256")}


class TestAnyChange:
    @pytest.mark.requirement("JWT-01")
    @pytest.mark.parametrize("alg", GENUINE)
    def test_any_flipped_byte_is_refused(self, alg: str) -> None:
        """No byte of a token is there for nothing: all of them, one by one."""
        token = GENUINE[alg]

        for position in range(len(token)):
            # A neighbour in the alphabet; a dot's neighbour is no dot.
            flipped = ALPHABET[ALPHABET.find(token[position]) - 1]
            with pytest.raises(TokenRefused):
                verify(token[:position] + flipped + token[position + 1 :])

    @pytest.mark.requirement("JWT-01")
    @given(data=st.data())
    @settings(deadline=None)
    def test_any_flipped_bit_under_the_encoding_is_refused(
        self, data: st.DataObject
    ) -> None:
        """The same below base64url, where the bytes have their meaning."""
        parts = GENUINE[data.draw(st.sampled_from(sorted(GENUINE)))].split(".")
        part = data.draw(st.integers(0, 2))
        raw = bytearray(unb64(parts[part]))
        bit = data.draw(st.integers(0, len(raw) * 8 - 1))
        raw[bit // 8] ^= 1 << bit % 8
        parts[part] = b64(bytes(raw))

        with pytest.raises(TokenRefused):
            verify(".".join(parts))

    @pytest.mark.requirement("JWT-01")
    @given(
        position=st.integers(0, len(GENUINE["ES256"])),
        removed=st.integers(0, 4),
        inserted=st.text(max_size=4),
    )
    @settings(deadline=None)
    def test_any_edit_is_refused(
        self, position: int, removed: int, inserted: str
    ) -> None:
        """Cut, paste and replace whatever: the text is that text or refused."""
        token = GENUINE["ES256"]
        edited = token[:position] + inserted + token[position + removed :]
        if edited == token:
            return

        with pytest.raises(TokenRefused):
            verify(edited)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [KEY.kid, "at+jwt", "ES256", POLICY.issuer, POLICY.audience, NOW]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def members_like(genuine: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Generate objects that are genuine but for some members."""
    names = st.sampled_from([*genuine, "nbf", "scope", "crit", "b64", "jwk"])
    return st.dictionaries(names | st.text(max_size=8), JSON_VALUES, max_size=4).map(
        lambda changes: {**genuine, **changes}
    )


def is_judged(token: str) -> bool:
    """Return whether the token was accepted or refused, and nothing else happened."""
    try:
        return bool(verify(token))
    except TokenRefused:
        return True


class TestFuzz:
    @pytest.mark.requirement("JWT-15")
    @given(token=st.text() | st.text(alphabet=ALPHABET + ".="))
    @settings(deadline=None)
    def test_any_text_is_refused_and_nothing_else(self, token: str) -> None:
        """No input makes a 500."""
        with pytest.raises(TokenRefused):
            verify(token)

    @pytest.mark.requirement("JWT-15")
    @given(parts=st.lists(st.binary(max_size=80).map(b64), min_size=1, max_size=5))
    @settings(deadline=None)
    def test_any_bytes_in_parts_are_refused_and_nothing_else(
        self, parts: list[str]
    ) -> None:
        """The same past the first check."""
        with pytest.raises(TokenRefused):
            verify(".".join(parts))

    @pytest.mark.requirement("JWT-15")
    @given(header=members_like(header_of()) | JSON_VALUES)
    @settings(deadline=None)
    def test_any_header_is_judged(self, header: object) -> None:
        """Whatever JSON the header is, with a genuine signature over it."""
        assert is_judged(signed(header=json.dumps(header).encode()))

    @pytest.mark.requirement("JWT-15")
    @given(payload=members_like(CLAIMS) | JSON_VALUES)
    @settings(deadline=None)
    def test_any_payload_is_judged(self, payload: object) -> None:
        """Whatever a compromised or careless issuer with our key may sign."""
        assert is_judged(signed(json.dumps(payload).encode()))

    @pytest.mark.requirement("JWT-15")
    @given(raw=st.binary(max_size=200))
    @settings(deadline=None)
    def test_any_signed_bytes_are_judged(self, raw: bytes) -> None:
        """Also what is no JSON at all."""
        assert refusal_of(signed(raw)) is TokenMalformed
