"""Encrypted access tokens: the one form that is taken, and that it proves nothing."""

import json
import os
import time
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jwtauth.core import codec
from jwtauth.core.claims import parse_claims
from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.jwk_set import jwks
from jwtauth.core.keys import CONTENT_ENCRYPTION, Key, KeyRing, KeyUse
from jwtauth.exceptions import (
    AlgorithmMismatch,
    IssuerMismatch,
    KeyRefused,
    KeyUnknown,
    SignatureInvalid,
    TokenExpired,
    TokenMalformed,
    TokenRefused,
    TokenTypeMismatch,
)
from tests.jwtauth.core.key_box import key_of
from tests.jwtauth.core.raw_tokens import (
    CLAIMS,
    KEY,
    NOW,
    POLICY,
    RING,
    b64,
    claims,
    encode,
    header_of,
    signed,
    unb64,
    verify,
    without,
)

ENC = key_of(CONTENT_ENCRYPTION, KeyUse.ENC)
OTHER = parse_key(generate_jwk(CONTENT_ENCRYPTION, KeyUse.ENC))
BOTH = KeyRing([KEY, ENC])
ENCRYPTING = replace(POLICY, encryption=True)
HEADER = {
    "alg": "dir",
    "enc": "A256GCM",
    "typ": "at+jwt",
    "cty": "JWT",
    "kid": ENC.kid,
}


def sealed(
    inside: str | bytes | None = None,
    header: Mapping[str, Any] = HEADER,
    key: Key = ENC,
    *,
    iv_bytes: int = 12,
) -> str:
    """Return an encrypted token made by hand: any header, anything inside."""
    plain = signed() if inside is None else inside
    first, iv = encode(header), os.urandom(iv_bytes)
    assert isinstance(key.signing, bytes)
    both = AESGCM(key.signing).encrypt(
        iv, plain.encode() if isinstance(plain, str) else plain, first.encode()
    )
    return f"{first}..{b64(iv)}.{b64(both[:-16])}.{b64(both[-16:])}"


def issued(ring: KeyRing = BOTH) -> str:
    return codec.issue(parse_claims(CLAIMS), ring=ring, policy=ENCRYPTING, now=NOW)


def refusal_of(token: str, ring: KeyRing = BOTH, now: float = NOW) -> type[Exception]:
    with pytest.raises(TokenRefused) as caught:
        verify(token, ring=ring, policy=ENCRYPTING, now=now)
    return caught.type


class TestIssue:
    def test_token_has_the_form_of_rfc_7516(self) -> None:
        """Direct encryption: no encrypted key; a fresh vector for every token."""
        first, second = issued().split("."), issued().split(".")

        assert json.loads(unb64(first[0])) == HEADER
        assert (first[1], len(unb64(first[2])), len(unb64(first[4]))) == ("", 12, 16)
        assert first[2] != second[2]

    @pytest.mark.requirement("JWT-04")
    def test_token_is_a_signed_one_inside(self) -> None:
        """Read with another library than the one that wrote it."""
        header, _, iv, text, tag = issued().split(".")
        assert isinstance(ENC.signing, bytes)

        inside = AESGCM(ENC.signing).decrypt(
            unb64(iv), unb64(text) + unb64(tag), header.encode()
        )

        assert verify(inside.decode(), ring=RING, policy=POLICY, now=NOW)

    def test_token_does_not_show_its_claims(self) -> None:
        """That is what it is encrypted for."""
        token = codec.issue(
            parse_claims(claims(email="alice@shop.test")),
            ring=BOTH,
            policy=ENCRYPTING,
            now=NOW,
        )

        assert not any(b"alice" in unb64(part) for part in token.split("."))
        verified = verify(token, ring=BOTH, policy=ENCRYPTING, now=NOW)
        assert verified.extra["email"] == "alice@shop.test"

    def test_token_without_an_encryption_key_is_not_issued(self) -> None:
        """Better none than one that everybody reads."""
        with pytest.raises(KeyRefused):
            issued(RING)

    def test_token_larger_than_the_library_takes_by_default_is_read(self) -> None:
        """The limit is ours alone, or we would refuse what we issued."""
        policy = replace(ENCRYPTING, max_token_length=10**6)
        large = parse_claims(claims(text="x" * 10**5))

        token = codec.issue(large, ring=BOTH, policy=policy, now=NOW)

        assert verify(token, ring=BOTH, policy=policy, now=NOW) == large


class TestPolicy:
    @pytest.mark.requirement("JWT-04")
    def test_signed_token_is_refused_where_tokens_are_encrypted(self) -> None:
        """What was to be kept secret never was: somebody else made it, or it is old."""
        assert refusal_of(signed()) is TokenMalformed

    @pytest.mark.requirement("JWT-04")
    def test_encrypted_token_is_refused_where_tokens_are_signed(self) -> None:
        """The key alone turns nothing on."""
        with pytest.raises(TokenMalformed):
            verify(issued(), ring=BOTH, policy=POLICY, now=NOW)


class TestHeader:
    def test_header_of_ours_is_taken(self) -> None:
        """Else the refusals below would prove nothing."""
        assert verify(sealed(), ring=BOTH, policy=ENCRYPTING, now=NOW)

    @pytest.mark.requirement("JWT-04")
    @pytest.mark.parametrize(
        ("members", "reason"),
        [
            *(({"alg": alg}, AlgorithmMismatch) for alg in ("A256KW", "none", None)),
            ({"alg": "PBES2-HS256+A128KW", "p2c": 10**9}, AlgorithmMismatch),
            ({"alg": "ECDH-ES", "epk": {}}, AlgorithmMismatch),
            ({"alg": "RSA-OAEP"}, AlgorithmMismatch),
            ({"alg": "A256GCM"}, AlgorithmMismatch),
            *(({"enc": e}, AlgorithmMismatch) for e in ("A128GCM", "A256CBC-HS512")),
            *(({"enc": e}, AlgorithmMismatch) for e in ("a256gcm", None, ["A256GCM"])),
            *(({"zip": z}, TokenMalformed) for z in ("DEF", "def", None)),
            ({"crit": ["x"], "x": 1}, TokenMalformed),
            ({"b64": False, "crit": ["b64"]}, TokenMalformed),
            ({"p2c": 10**9}, TokenMalformed),
            ({"jwk": {}}, TokenMalformed),
            ({"jku": "https://evil.test/"}, TokenMalformed),
            ({"iss": "https://issuer.test"}, TokenMalformed),
            *(({"typ": typ}, TokenTypeMismatch) for typ in ("JWT", "AT+JWT", None)),
            *(({"cty": cty}, TokenTypeMismatch) for cty in ("json", "jwt", None)),
            *(({"kid": kid}, KeyUnknown) for kid in ("other", KEY.kid, None, ["x"], 1)),
        ],
        # A key's name is another in each process, and xdist wants the same ids.
        ids=lambda value: str(value).replace(KEY.kid, "kid of the signing key"),
    )
    def test_other_header_is_refused(
        self, members: dict[str, Any], reason: type[TokenRefused]
    ) -> None:
        """RFC 8725 §3.1, §3.6: one algorithm, no compression, no extension."""
        assert refusal_of(sealed(header={**HEADER, **members})) is reason

    @pytest.mark.requirement("JWT-04")
    @pytest.mark.parametrize("name", HEADER)
    def test_header_that_lacks_a_member_is_refused(self, name: str) -> None:
        """There is one header; whoever writes another is not us."""
        assert issubclass(
            refusal_of(sealed(header=without(HEADER, name))), TokenRefused
        )

    @pytest.mark.requirement("JWT-04")
    @pytest.mark.parametrize(
        "header",
        [
            {**HEADER, "zip": "DEF"},
            {
                "alg": "PBES2-HS256+A128KW",
                "enc": "A256GCM",
                "p2s": "AAAA",
                "p2c": 10**9,
            },
        ],
        ids=["zip bomb", "a billion rounds"],
    )
    def test_bomb_costs_nothing(self, header: dict[str, Any]) -> None:
        """Refused by its header, before anything is computed (RFC 8725 §3.13)."""
        bomb = zlib.compress(bytes(5 * 10**6))[2:-4]
        token = sealed(bomb, header)
        policy = replace(ENCRYPTING, max_token_length=10**6)
        best = 1.0
        for _ in range(5):
            start = time.perf_counter()
            with pytest.raises(TokenRefused):
                verify(token, ring=BOTH, policy=policy, now=NOW)
            best = min(best, time.perf_counter() - start)

        assert best < 0.005


class TestForm:
    @pytest.mark.requirement("JWT-02", "JWT-04")
    @pytest.mark.parametrize("part", [0, 2, 3, 4])
    @pytest.mark.parametrize(
        "spelling", ["{}=", "{}A", " {}", "{}\n", "", "{}.", "{}é"]
    )
    def test_part_in_another_spelling_is_refused(
        self, part: int, spelling: str
    ) -> None:
        """One value has one spelling, or a copy of a token is another token."""
        parts = issued().split(".")
        parts[part] = spelling.format(parts[part])

        assert issubclass(refusal_of(".".join(parts)), TokenRefused)

    @pytest.mark.requirement("JWT-02")
    def test_stray_bits_of_the_tag_are_refused(self) -> None:
        """The last character of 22 has four bits to spare."""
        token = issued()
        last = token[-1]
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        twin = token[:-1] + alphabet[alphabet.index(last) + 1]

        assert unb64(token.split(".")[4]) == unb64(twin.split(".")[4])
        assert refusal_of(twin) is TokenMalformed

    @pytest.mark.requirement("JWT-04")
    def test_encrypted_key_is_refused(self) -> None:
        """RFC 7518 §4.5: with "dir" there is none."""
        parts = issued().split(".")

        assert refusal_of(".".join([parts[0], "AAAA", *parts[2:]])) is TokenMalformed

    @pytest.mark.requirement("JWT-04")
    @pytest.mark.parametrize("size", [8, 11, 13, 16])
    def test_vector_of_another_size_is_refused(self, size: int) -> None:
        """RFC 7518 §5.3: 96 bits."""
        assert refusal_of(sealed(iv_bytes=size)) is TokenMalformed

    @pytest.mark.requirement("JWT-04")
    @pytest.mark.parametrize("size", [0, 4, 8, 12, 15])
    def test_short_tag_is_refused(self, size: int) -> None:
        """GCM takes short ones, and each bit less makes it easier to forge."""
        parts = issued().split(".")
        parts[4] = b64(unb64(parts[4])[:size])

        assert refusal_of(".".join(parts)) is TokenMalformed

    @pytest.mark.requirement("JWT-07")
    def test_token_counts_up_to_the_limit_exactly(self) -> None:
        """The limit is for the text that came; what is inside is shorter."""
        token = issued()
        exact = replace(ENCRYPTING, max_token_length=len(token))
        short = replace(ENCRYPTING, max_token_length=len(token) - 1)

        assert verify(token, ring=BOTH, policy=exact, now=NOW)
        with pytest.raises(TokenMalformed, match="too long"):
            verify(token, ring=BOTH, policy=short, now=NOW)


class TestInside:
    @pytest.mark.requirement("JWT-04")
    def test_tag_or_text_or_header_that_was_changed_is_refused(self) -> None:
        """Each byte counts, those of the header among them."""
        parts = issued().split(".")
        for position in (2, 3, 4):
            changed = [*parts]
            raw = unb64(changed[position])
            changed[position] = b64(bytes([raw[0] ^ 1]) + raw[1:])
            assert refusal_of(".".join(changed)) is SignatureInvalid
        spaced = b64(json.dumps(HEADER, indent=1).encode())
        assert refusal_of(".".join([spaced, *parts[1:]])) is SignatureInvalid

    @pytest.mark.requirement("JWT-04")
    def test_token_of_another_key_under_the_name_of_ours_is_refused(self) -> None:
        """``kid`` is a name, no proof."""
        assert refusal_of(sealed(key=OTHER)) is SignatureInvalid

    @pytest.mark.requirement("JWT-04")
    @pytest.mark.parametrize(
        "inside",
        [
            json.dumps(CLAIMS),
            encode(header_of()) + "." + encode(CLAIMS) + ".",
            encode({"alg": "none", "typ": "at+jwt"}) + "." + encode(CLAIMS) + ".",
            signed()[:-4] + "AAAA",
            signed(header=header_of(typ="JWT")),
            signed(header=header_of(cty="JWT", crit=["cty"])),
            b"",
            b"\xff" * 40,
            "\u00e9" * 40,
        ],
        ids=lambda value: f"{value!r:.24}",
    )
    def test_what_decrypts_but_is_not_signed_is_refused(
        self, inside: str | bytes
    ) -> None:
        """Whoever may read tokens has the key, and could write them."""
        assert issubclass(refusal_of(sealed(inside)), TokenRefused)

    @pytest.mark.requirement("JWT-04")
    def test_token_encrypted_twice_is_refused(self) -> None:
        """Inside is a signed one, and nothing else."""
        assert refusal_of(sealed(sealed())) is TokenMalformed

    def test_rules_hold_for_what_is_inside(self) -> None:
        """Encryption takes the place of none of them."""
        other = signed(claims(iss="https://evil.test"))

        assert refusal_of(sealed(other)) is IssuerMismatch
        assert refusal_of(issued(), now=CLAIMS["exp"] + 5) is TokenExpired


class TestKeys:
    def test_key_that_has_ended_decrypts_no_more(self) -> None:
        """To the instant, as a signing key."""
        ended = replace(ENC, verifies_until=NOW + 10)
        ring = KeyRing([KEY, ended])

        assert ring.decryption_key(ENC.kid, NOW + 9) is ended
        assert ring.decryption_key(ENC.kid, NOW + 10) is None
        assert refusal_of(sealed(), ring, NOW + 10) is KeyUnknown

    def test_key_that_has_ended_ends_what_was_proven_with_it(self) -> None:
        """A process remembers proofs; they are judged anew each time."""
        ring = KeyRing([KEY, replace(ENC, verifies_until=NOW + 10)])
        proven = codec.prove(sealed(), ring=ring, policy=ENCRYPTING, now=NOW)

        codec.judge(proven, policy=ENCRYPTING, now=NOW + 9)
        with pytest.raises(KeyUnknown):
            codec.judge(proven, policy=ENCRYPTING, now=NOW + 10)

    @pytest.mark.requirement("KEY-07")
    def test_keys_of_other_uses_decrypt_nothing(self) -> None:
        """A refresh key has 32 bytes as well; it is for refresh tokens."""
        refresh = replace(ENC, use=KeyUse.REFRESH)

        assert refusal_of(sealed(), KeyRing([KEY, refresh])) is KeyUnknown

    @pytest.mark.requirement("KEY-07")
    def test_encryption_key_verifies_no_signature(self) -> None:
        """It would make a signer of every reader."""
        assert BOTH.verification_key(ENC.kid, NOW) is None

    @pytest.mark.requirement("JWK-02")
    def test_encryption_key_is_never_published(self) -> None:
        """It is a secret through and through."""
        assert [jwk["kid"] for jwk in jwks(BOTH, NOW)["keys"]] == [KEY.kid]

    @pytest.mark.parametrize("needed", [True, False])
    def test_encryption_key_is_missed_where_it_is_needed(self, *, needed: bool) -> None:
        """Most deployments have none, and need none."""
        ring = KeyRing([KEY, key_of("HS256", KeyUse.REFRESH)])
        uses = [*KeyUse] if needed else [KeyUse.SIG, KeyUse.REFRESH]

        codes = [problem.code for problem in ring.problems(NOW, needed=uses)]

        assert codes == (["no_enc_key"] if needed else [])
