"""Tokens whose signature has been checked: which are remembered, and how many."""

import threading
from collections.abc import Callable

import pytest

from jwtauth.core.codec import Proven, prove
from jwtauth.core.keys import KeyRing
from jwtauth.stores.verified_tokens import (
    MAX_CHARACTERS,
    VerifiedTokens,
    verified_tokens,
)
from tests.crowd import crowd_of
from tests.jwtauth.core.raw_tokens import NOW, POLICY, RING, claims, signed

TOKENS = [signed(claims(jti=f"j{number}")) for number in range(4)]


@pytest.fixture
def known() -> VerifiedTokens:
    """Room for two."""
    return VerifiedTokens(RING, POLICY, size=2)


def proven(token: str) -> Proven:
    return prove(token, ring=RING, policy=POLICY, now=NOW)


def remember(known: VerifiedTokens, *tokens: str) -> None:
    for token in tokens:
        known.add(token, proven(token))


class TestVerifiedTokens:
    def test_token_that_was_added_is_found_with_what_was_proven(
        self, known: VerifiedTokens
    ) -> None:
        """The claims and the key, to be judged anew."""
        remember(known, TOKENS[0])

        assert known.find(TOKENS[0]) == proven(TOKENS[0])

    @pytest.mark.requirement("JWT-01")
    def test_token_of_another_spelling_is_not_found(
        self, known: VerifiedTokens
    ) -> None:
        """What was proven is that text, to the last byte."""
        remember(known, TOKENS[0])

        assert known.find(TOKENS[0] + "=") is None
        assert known.find(TOKENS[0][:-1]) is None

    def test_token_least_recently_used_makes_room(self, known: VerifiedTokens) -> None:
        """A token in use stays, however old."""
        remember(known, TOKENS[0], TOKENS[1])
        known.find(TOKENS[0])

        remember(known, TOKENS[2])

        assert [known.find(token) is not None for token in TOKENS[:3]] == [
            True,
            False,
            True,
        ]

    @pytest.mark.requirement("KEY-10")
    def test_tokens_beyond_the_size_are_not_kept(self, known: VerifiedTokens) -> None:
        """The memory is bounded, whatever comes."""
        remember(known, *TOKENS)

        assert len(known) == 2

    def test_token_that_is_very_long_is_not_kept(self) -> None:
        """Neither are its bytes hashed at every request."""
        known = VerifiedTokens(RING, POLICY, size=2)
        long = "x" * (MAX_CHARACTERS + 1)

        known.add(long, proven(TOKENS[0]))

        assert (len(known), known.find(long)) == (0, None)

    def test_size_zero_keeps_nothing(self) -> None:
        """It is how the cache is turned off."""
        known = VerifiedTokens(RING, POLICY, size=0)

        remember(known, TOKENS[0])

        assert known.find(TOKENS[0]) is None

    def test_text_without_bytes_is_not_found(self, known: VerifiedTokens) -> None:
        """A JSON body may hold half a surrogate pair, which is no 500."""
        assert known.find("\ud800") is None

    def test_threads_that_add_and_find_at_once_do_not_fail(
        self, known: VerifiedTokens
    ) -> None:
        """An entry may go between two steps of another thread."""
        proofs = {token: proven(token) for token in TOKENS}

        def work() -> None:
            for step in range(2000):
                token = TOKENS[(threading.get_ident() + step) % len(TOKENS)]
                found = known.find(token)
                assert found is None or found is proofs[token]
                known.add(token, proofs[token])

        with crowd_of(8) as crowd:
            crowd.all_at_once(work)

        assert len(known) <= 2


class TestCurrent:
    def test_same_ring_and_settings_give_the_same_tokens(self) -> None:
        """Otherwise nothing would ever be remembered."""
        assert verified_tokens(RING) is verified_tokens(RING)

    @pytest.mark.requirement("KEY-09")
    def test_other_ring_begins_anew(self) -> None:
        """A key that was taken away takes its proofs along."""
        before = verified_tokens(RING)

        assert verified_tokens(KeyRing([])) is not before

    def test_other_settings_begin_anew(
        self, jwtauth_settings: Callable[..., None]
    ) -> None:
        """A token proven for one audience says nothing to another."""
        before = verified_tokens(RING)

        jwtauth_settings(AUDIENCE="https://other.test")

        assert verified_tokens(RING) is not before
