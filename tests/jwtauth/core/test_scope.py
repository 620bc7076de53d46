"""Scope: its grammar, and that nothing ever becomes more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jwtauth.core.scope import common, is_word, narrowed, word_of, words_of
from jwtauth.exceptions import ScopeRefused

NOT_SCOPES = [" ", "a ", " a", "a  b", "a\tb", "a\nb", 'a"b', "a\\b", "\u00e4", "\x7f"]
WORDS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x5B), min_size=1)
SCOPES = st.lists(WORDS.filter(is_word), unique=True).map(" ".join)


class TestWords:
    def test_words_are_in_their_order_and_each_once(self) -> None:
        """RFC 6749 §3.3: the order says nothing; to repeat says nothing, either."""
        assert words_of("b a b c") == ("b", "a", "c")
        assert words_of("") == ()

    @pytest.mark.requirement("ATJ-06")
    @pytest.mark.parametrize("text", NOT_SCOPES, ids=ascii)
    def test_text_that_is_no_scope_is_refused(self, text: str) -> None:
        """The words stand in headers, between quotes."""
        with pytest.raises(ScopeRefused):
            words_of(text)

    @pytest.mark.parametrize("character", sorted(set(map(chr, range(0x7F))) - {" "}))
    def test_word_takes_what_the_grammar_takes(self, character: str) -> None:
        """RFC 6749 §3.3: %x21 / %x23-5B / %x5D-7E."""
        assert is_word(character) is (ord(character) > 0x20 and character not in '"\\')


class TestWordOf:
    @pytest.mark.parametrize(
        ("name", "word"),
        [
            ("editors", "editors"),
            ("app:read/write", "app:read/write"),
            ("Content editors", "Content%20editors"),
            ("\u00c4rzte", "%C3%84rzte"),
            ("100%", "100%25"),
            ('a"b\\c', "a%22b%5Cc"),
        ],
        ids=ascii,
    )
    def test_word_of_a_name_is_readable(self, name: str, word: str) -> None:
        """A view names it in ``required_scopes``."""
        assert word_of(name) == word

    @given(st.text(min_size=1), st.text(min_size=1))
    def test_word_of_two_names_is_two_words(self, one: str, other: str) -> None:
        """A group named to look like another must not open what that one does."""
        try:
            words = word_of(one), word_of(other)
        except UnicodeEncodeError:
            return  # A lone surrogate: no database holds one.
        assert all(map(is_word, words))
        assert (words[0] == words[1]) is (one == other)


class TestNarrowed:
    @pytest.mark.requirement("RTK-20")
    @pytest.mark.parametrize(
        ("requested", "left"),
        [(None, "a b c"), ("b", "b"), ("c a", "a c"), ("c b a", "a b c")],
    )
    def test_scope_out_of_the_grant_is_given(
        self, requested: str | None, left: str
    ) -> None:
        """RFC 6749 §6: less may be asked for."""
        assert narrowed("a b c", requested) == left

    @pytest.mark.requirement("RTK-20")
    @pytest.mark.parametrize("requested", ["d", "a d", "ab", "A", *NOT_SCOPES])
    def test_scope_beyond_the_grant_is_refused(self, requested: str) -> None:
        """RFC 6749 §6: more may not."""
        with pytest.raises(ScopeRefused):
            narrowed("a b c", requested)


class TestCommon:
    @pytest.mark.requirement("ATJ-06")
    @given(SCOPES, SCOPES)
    def test_common_words_are_of_both(self, one: str, other: str) -> None:
        """Neither a grant nor the user's groups of today are ever exceeded."""
        both = set(words_of(one)) & set(words_of(other))

        assert set(words_of(common(one, other))) == both
