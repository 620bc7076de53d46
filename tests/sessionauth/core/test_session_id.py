"""The session id and its digest."""

import pytest

from sessionauth.core.session_id import digest, is_session_key, new_session_key


class TestNewSessionKey:
    @pytest.mark.requirement("SES-01")
    def test_key_has_256_bits_in_43_characters(self) -> None:
        """Fewer than 128 bits could be guessed; base64url keeps them cookie-safe."""
        key = new_session_key()

        assert len(key) == 43
        assert is_session_key(key)

    @pytest.mark.requirement("SES-01")
    def test_keys_of_100000_sessions_are_unique(self) -> None:
        """A repeated id would hand one user's session to another."""
        keys = {new_session_key() for _ in range(100_000)}

        assert len(keys) == 100_000


class TestIsSessionKey:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "a" * 42,
            "a" * 44,
            "a" * 43,  # the last character has stray bits: a second spelling
            "A" * 42 + "=",
            "A" * 42 + "\n",
            "A" * 43 + "\n",
            "A" * 42 + "é",
            "../../../../../../../../../../../etc/passwd",
        ],
    )
    def test_other_text_is_no_key(self, text: str) -> None:
        """Whatever no id of ours looks like needs no round trip to be refused."""
        assert not is_session_key(text)


class TestDigest:
    def test_digest_is_sha256_in_base64url(self) -> None:
        """The stored form must not change between releases: it names the records."""
        assert digest("A" * 43) == "DwBzhbb51LfusnSGBa_hqYSgo7-j8BTQnip4TOnlzRo"

    def test_digest_of_a_lone_surrogate_exists(self) -> None:
        """A cookie may hold any bytes; none of them makes a 500."""
        assert len(digest("\udcff")) == 43
