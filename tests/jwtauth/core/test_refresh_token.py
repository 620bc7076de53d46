"""Refresh tokens: one spelling, one tag, sub-keys for one purpose each."""

import hashlib
import string
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jwtauth.core.keys import Key, KeyRing, KeyUse
from jwtauth.core.refresh_token import (
    RefreshKey,
    RefreshKeys,
    RefreshToken,
    hint_problems,
    key_hint,
    secret_hash,
    sid_bytes,
    sid_text,
)
from jwtauth.exceptions import (
    KeyRefused,
    KeyUnknown,
    SignatureInvalid,
    TokenMalformed,
    TokenRefused,
)
from tests.jwtauth.core.key_box import key_of

ALPHABET = string.ascii_letters + string.digits + "-_"
NONCE = bytes(range(32))
TOKEN = RefreshToken(sid=bytes(range(16)), generation=3, secret=bytes(range(32, 64)))


def refresh_key(kid: str = "first", *, secret: bytes = bytes(range(32))) -> Key:
    return Key(
        kid=kid, alg="HS256", use=KeyUse.REFRESH, signing=secret, verifying=secret
    )


KEY = RefreshKey(refresh_key())
KEYS = RefreshKeys(KeyRing([refresh_key()]))
TEXT = KEY.encode(TOKEN)


def colliding_kids() -> tuple[str, str]:
    """Return two names that have the same hint: 16 bits collide soon."""
    seen: dict[bytes, str] = {}
    for number in range(100_000):
        kid = f"kid-{number}"
        hint = key_hint(refresh_key(kid))
        if hint in seen:
            return seen[hint], kid
        seen[hint] = kid
    raise AssertionError


def refusal_of(text: str, *, keys: RefreshKeys = KEYS, now: float = 0) -> type:
    with pytest.raises(TokenRefused) as caught:
        keys.parse(text, now)
    return caught.type


class TestFormat:
    def test_text_is_the_bytes_of_the_published_layout(self) -> None:
        """Version 1 | key 2 | family 16 | generation 8 | secret 32 | tag 16."""
        raw = urlsafe_b64decode(TEXT)

        assert (len(TEXT), len(raw)) == (100, 75)
        assert raw[:1] == b"\x01"
        assert raw[1:3] == hashlib.sha256(b"first").digest()[:2]
        assert raw[3:19] == TOKEN.sid
        assert raw[19:27] == (3).to_bytes(8, "big")
        assert raw[27:59] == TOKEN.secret
        assert raw[59:] == KEY.tag(raw[:59])

    @pytest.mark.parametrize("generation", [0, 1, 2**63 - 1, 2**64 - 1])
    def test_token_comes_back_as_it_was(self, generation: int) -> None:
        """Up to the last generation that eight bytes hold."""
        token = replace(TOKEN, generation=generation)

        assert KEYS.parse(KEY.encode(token), 0) == token

    @pytest.mark.requirement("RTK-02")
    def test_repr_of_token_shows_no_secret(self) -> None:
        """Tracebacks and logs print what they hold."""
        assert "secret" not in repr(TOKEN)


class TestParse:
    @pytest.mark.requirement("RTK-05")
    @pytest.mark.parametrize(
        "text",
        [
            *("", "a", TEXT[:-1], TEXT[:96], TEXT + "A", TEXT + "=", TEXT + "===="),
            *(f" {TEXT[1:]}", f"{TEXT[:-1]} ", f"{TEXT}\n", f"{TEXT[:-1]}\n"),
            *(f"{TEXT[:-1]}+", f"{TEXT[:-1]}/", f"{TEXT[:-1]}=", f"{TEXT[:-1]}é"),
            *(f"{TEXT[:50]}\0{TEXT[51:]}", "\uff21" * 100, "\ud800" * 100, TEXT * 100),
        ],
        ids=lambda text: f"{text[-2:]!r} {len(text)}",
    )
    def test_other_spelling_is_malformed(self, text: str) -> None:
        """A token has one spelling, so that no copy of it looks new."""
        assert refusal_of(text) is TokenMalformed

    @pytest.mark.requirement("RTK-04")
    def test_any_changed_character_is_refused(self) -> None:
        """Every bit is under the tag, or is the tag: nothing to try on the server."""
        for position in range(len(TEXT)):
            other = ALPHABET[ALPHABET.index(TEXT[position]) - 1]
            refusal_of(TEXT[:position] + other + TEXT[position + 1 :])

    @pytest.mark.requirement("RTK-04")
    @pytest.mark.parametrize(
        ("start", "end"),
        [(3, 19), (19, 27), (27, 59), (59, 75)],
        ids=["family", "generation", "secret", "tag"],
    )
    def test_changed_field_does_not_fit_its_tag(self, start: int, end: int) -> None:
        """Who knows a family's id can't make a token of it, nor a later one."""
        raw = bytearray(urlsafe_b64decode(TEXT))
        raw[start:end] = bytes(end - start)

        text = urlsafe_b64encode(bytes(raw)).decode()

        assert refusal_of(text) is SignatureInvalid

    def test_other_version_is_malformed_even_with_a_tag(self) -> None:
        """A later format must not be read as this one."""
        body = b"\x02" + urlsafe_b64decode(TEXT)[1:59]

        text = urlsafe_b64encode(body + KEY.tag(body)).decode()

        assert refusal_of(text) is TokenMalformed

    def test_token_of_unknown_key_is_refused(self) -> None:
        """It names a key that was never here."""
        other = RefreshKey(refresh_key("second"))

        assert refusal_of(other.encode(TOKEN)) is KeyUnknown

    @pytest.mark.requirement("RTK-04")
    def test_token_of_another_secret_under_our_name_is_refused(self) -> None:
        """The name of a key is no secret; the key is."""
        forger = RefreshKey(refresh_key(secret=bytes(range(1, 33))))

        assert refusal_of(forger.encode(TOKEN)) is SignatureInvalid

    @given(text=st.text() | st.text(alphabet=ALPHABET, min_size=100, max_size=100))
    @settings(deadline=None)
    def test_any_text_is_refused_and_nothing_else(self, text: str) -> None:
        """No input makes a 500."""
        refusal_of(text)


class TestRetirement:
    def test_superseded_key_verifies_until_its_instant(self) -> None:
        """Tokens outlive the rotation of their key, and not its end."""
        old = replace(refresh_key(), verifies_until=100)
        keys = RefreshKeys(KeyRing([old, replace(refresh_key("new"), signs_from=50)]))

        assert keys.parse(TEXT, 99) == TOKEN
        assert refusal_of(TEXT, keys=keys, now=100) is KeyUnknown

    @pytest.mark.parametrize(("now", "kid"), [(0, "first"), (49, "first"), (50, "new")])
    def test_current_key_is_the_newest_that_has_started(
        self, now: float, kid: str
    ) -> None:
        """The same rule as for signatures."""
        ring = KeyRing([refresh_key(), replace(refresh_key("new"), signs_from=50)])

        assert RefreshKeys(ring).current(now).hint == key_hint(refresh_key(kid))

    def test_signing_key_is_no_refresh_key(self) -> None:
        """A key for signatures neither tags nor verifies tags."""
        keys = RefreshKeys(KeyRing([key_of("HS256")]))

        with pytest.raises(KeyRefused):
            keys.current(0)
        with pytest.raises(KeyUnknown):
            keys.find(key_hint(key_of("HS256")), 0)

    def test_asymmetric_key_derives_nothing(self) -> None:
        """Sub-keys come from secret bytes; anything else is a mistake of ours."""
        with pytest.raises(TypeError, match="a refresh key is symmetric"):
            RefreshKey(key_of("ES256"))


class TestSubKeys:
    @pytest.mark.requirement("KEY-07")
    def test_sub_keys_differ_from_each_other_and_from_the_secret(self) -> None:
        """No key serves two purposes: a tag must never pass for a successor."""
        derived = [KEY._tag, KEY._successor, KEY._binding, KEY._context]

        assert len({*derived, bytes(range(32))}) == 5
        assert {len(key) for key in derived} == {32}

    @pytest.mark.requirement("KEY-07")
    def test_one_message_has_another_mac_for_every_purpose(self) -> None:
        """What one purpose gives away must not help with another."""
        message = KEY.context(b"x"), KEY.tag(b"x"), KEY.binding(["x"])[:16]

        assert len(set(message)) == 3


class TestSuccessor:
    def test_successor_is_the_next_generation_of_the_same_family(self) -> None:
        """Order is by generation, never by clock."""
        successor = KEY.successor(TOKEN, NONCE)

        assert (successor.sid, successor.generation) == (TOKEN.sid, 4)
        assert len(successor.secret) == 32

    @pytest.mark.requirement("RTK-10")
    def test_successor_of_the_same_token_and_nonce_is_the_same(self) -> None:
        """A retry recomputes it, so that nothing usable is stored."""
        assert KEY.successor(TOKEN, NONCE) == KEY.successor(TOKEN, NONCE)

    @pytest.mark.requirement("RTK-03")
    @pytest.mark.parametrize(
        "missing", ["token", "nonce", "key", "family", "generation"]
    )
    def test_successor_needs_all_its_inputs(self, missing: str) -> None:
        """Database or keys alone, or another login's token, lead nowhere."""
        token, nonce, key = TOKEN, NONCE, KEY
        match missing:
            case "token":
                token = replace(TOKEN, secret=secret_hash(TOKEN.secret))
            case "nonce":
                nonce = bytes(32)
            case "key":
                key = RefreshKey(refresh_key(secret=bytes(range(1, 33))))
            case "family":
                token = replace(TOKEN, sid=bytes(16))
            case "generation":
                token = replace(TOKEN, generation=4)

        guess = key.successor(token, nonce)

        assert guess.secret != KEY.successor(TOKEN, NONCE).secret


class TestBinding:
    def test_binding_of_the_same_parts_is_the_same(self) -> None:
        """It is compared at every refresh."""
        assert KEY.binding(["a", "b"]) == KEY.binding(["a", "b"])

    @pytest.mark.parametrize(
        "parts",
        [["ab", ""], ["", "ab"], ["ab"], ["a", "b", ""], ["b", "a"], ["a\0b"], []],
        ids=str,
    )
    def test_binding_of_other_parts_differs(self, parts: list[str]) -> None:
        """Two lists must not give the same bytes because their text is the same."""
        assert KEY.binding(parts) != KEY.binding(["a", "b"])


class TestContext:
    def test_context_is_16_bytes_under_the_key(self) -> None:
        """Without the key, user agents can't be tried against the column."""
        other = RefreshKey(refresh_key(secret=bytes(range(1, 33))))

        assert len(KEY.context(b"agent")) == 16
        assert KEY.context(b"agent") != KEY.context(b"other")
        assert KEY.context(b"agent") != other.context(b"agent")


class TestHintProblems:
    def test_keys_with_different_hints_are_no_problem(self) -> None:
        """As any two keys but one pair in 65536."""
        ring = KeyRing([refresh_key(), refresh_key("second"), key_of("ES256")])

        assert list(hint_problems(ring, 0)) == []

    def test_keys_with_the_same_hint_are_a_problem(self) -> None:
        """Tokens name keys by it: those of one of the two would all be refused."""
        first, second = colliding_kids()
        ring = KeyRing([refresh_key(first), refresh_key(second)])

        (problem,) = hint_problems(ring, 0)

        assert problem.code == "ambiguous_refresh_key"
        assert first in str(problem) and second in str(problem)

    def test_retired_key_with_the_same_hint_is_no_problem(self) -> None:
        """Nothing of it is to be told apart any more."""
        first, second = colliding_kids()
        ring = KeyRing(
            [replace(refresh_key(first), verifies_until=100), refresh_key(second)]
        )

        assert list(hint_problems(ring, 100)) == []


class TestSid:
    def test_sid_comes_back_as_it_was(self) -> None:
        """Claim and row name the same login."""
        assert sid_bytes(sid_text(TOKEN.sid)) == TOKEN.sid
        assert len(sid_text(TOKEN.sid)) == 22

    @pytest.mark.parametrize(
        "sid",
        [
            *("", "A" * 21, "A" * 23, "A" * 21 + "B", "A" * 21 + "=", "A" * 22 + "=="),
            *("A" * 22 + "\n", "A" * 21 + "\n", "+" * 22, "é" * 22, "A" * 10_000),
        ],
        ids=lambda sid: f"{sid[-2:]!r} {len(sid)}",
    )
    def test_sid_of_another_form_is_malformed(self, sid: str) -> None:
        """One login, one name: it is a key of the denylist."""
        with pytest.raises(TokenMalformed):
            sid_bytes(sid)


class TestSecretHash:
    def test_secret_hash_is_sha256(self) -> None:
        """The stored form must not change between releases: it is compared."""
        expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

        assert secret_hash(b"").hex() == expected
