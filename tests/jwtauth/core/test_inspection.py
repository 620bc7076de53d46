"""Inspection tells the faults that verification refuses for, each by its own check."""

from dataclasses import replace
from typing import Any

import pytest

from jwtauth.core.inspection import Verdict, inspect_access_token
from jwtauth.core.keys import Key, KeyRing, KeyUse
from jwtauth.exceptions import TokenRefused
from tests.jwtauth.core.key_box import key_of
from tests.jwtauth.core.raw_tokens import (
    KEY,
    NOW,
    POLICY,
    RING,
    claims,
    header_of,
    signed,
    verify,
    without,
)

OTHER_KEY = key_of("Ed25519")
FAULTS: dict[str, tuple[str, str]] = {
    "genuine": (signed(), ""),
    "padded": (signed() + "=", "spelling"),
    "no typ": (signed(header=without(header_of(), "typ")), "typ"),
    "an ID token": (signed(header=header_of(typ="JWT")), "typ"),
    "crit": (signed(header=header_of(crit=["exp"])), "crit"),
    "unknown kid": (signed(header=header_of(kid="x")), "key"),
    "kid that is a list": (signed(header=header_of(kid=[KEY.kid])), "key"),
    "no kid": (signed(header=without(header_of(), "kid")), "key"),
    "other alg": (signed(header=header_of(alg="HS256")), "alg"),
    "other key": (signed(header=header_of(kid=KEY.kid), key=OTHER_KEY), "signature"),
    "no exp": (signed(without(claims(), "exp")), "claims"),
    "payload that is no object": (signed(b"[]"), "claims"),
    "expired": (signed(claims(exp=NOW - 5)), "exp"),
    "issued in the future": (signed(claims(iat=NOW + 6)), "iat, nbf"),
    "before nbf": (signed(claims(nbf=NOW + 6)), "iat, nbf"),
    "other iss": (signed(claims(iss="x")), "iss"),
    "other aud": (signed(claims(aud=["x"])), "aud"),
}


def failed(token: str, **changes: Any) -> list[str]:  # noqa: ANN401 # ring or policy
    """Return the checks that fail, without those that could not be made."""
    arguments: dict[str, Any] = {"ring": RING, "policy": POLICY, "now": NOW, **changes}
    made = inspect_access_token(token, **arguments).checks.made
    return [check.name for check in made if check.verdict is Verdict.FAILED]


class TestInspectAccessToken:
    @pytest.mark.parametrize("fault", FAULTS)
    def test_fault_fails_its_own_check(self, fault: str) -> None:
        """One fault, one line; nothing that is well is called a fault."""
        token, check = FAULTS[fault]

        assert failed(token)[:1] == [check][: bool(check)]

    @pytest.mark.parametrize("fault", FAULTS)
    def test_token_counts_if_verification_says_so(self, fault: str) -> None:
        """Two answers to one question would be worse than none."""
        token, _check = FAULTS[fault]
        try:
            is_verified = bool(verify(token))
        except TokenRefused:
            is_verified = False

        found = inspect_access_token(token, ring=RING, policy=POLICY, now=NOW)

        assert found.checks.counts is is_verified

    def test_too_long_token_fails_by_its_length_alone(self) -> None:
        """All else can still be read."""
        policy = replace(POLICY, max_token_length=10)

        assert failed(signed(), policy=policy) == ["length"]

    def test_ended_key_is_named_and_checks_the_signature(self) -> None:
        """A token that was ours is told from a forgery."""
        ended: Key = key_of("ES256", verifies_until=NOW)

        found = inspect_access_token(
            signed(), ring=KeyRing([ended]), policy=POLICY, now=NOW
        )

        assert found.key == ended
        assert failed(signed(), ring=KeyRing([ended])) == ["key"]

    def test_refresh_key_is_no_key_of_an_access_token(self) -> None:
        """No key serves two purposes, not even to look at a token."""
        key = key_of("HS256", KeyUse.REFRESH)
        token = signed(header=header_of(key), key=key)

        found = inspect_access_token(token, ring=KeyRing([key]), policy=POLICY, now=NOW)

        assert found.key is None
