"""JWK Sets: what is published, and what is taken of another issuer's."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from jwt import PyJWKSet, PyJWS
from jwt.algorithms import ECAlgorithm
from jwt.utils import base64url_decode

from jwtauth.core.jwk import parse_key, thumbprint
from jwtauth.core.jwk_set import jwks, parse_jwk_set, public_jwk
from jwtauth.core.keys import CONTENT_ENCRYPTION, KeyRing, KeyUse
from jwtauth.exceptions import KeyRefused, TokenMalformed
from tests.jwtauth.core.key_box import ASYMMETRIC, jwk_of, key_of, rsa_members
from tests.jwtauth.core.raw_tokens import b64, without

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
PUBLIC_MEMBERS = {
    "EC": {"kty", "crv", "x", "y"},
    "OKP": {"kty", "crv", "x"},
    "RSA": {"kty", "n", "e"},
}
GOOD = public_jwk(key_of("ES256"))
RSA = public_jwk(key_of("RS256"))


class TestPublicJwk:
    @pytest.mark.requirement("JWK-01", "JWK-02")
    @pytest.mark.parametrize("alg", ASYMMETRIC)
    def test_public_jwk_has_the_listed_members_alone(self, alg: str) -> None:
        """RFC 7517 §9: one private member in it gives the key away."""
        public = public_jwk(key_of(alg))

        expected = PUBLIC_MEMBERS[public["kty"]] | {"kid", "alg", "use"}
        assert set(public) == expected
        assert not PRIVATE_MEMBERS & set(public)
        assert (public["alg"], public["use"]) == (alg, "sig")

    @pytest.mark.requirement("JWK-02")
    @pytest.mark.parametrize(
        ("alg", "use"),
        [
            ("HS256", KeyUse.SIG),
            ("HS256", KeyUse.REFRESH),
            (CONTENT_ENCRYPTION, KeyUse.ENC),
        ],
    )
    def test_symmetric_key_is_refused(self, alg: str, use: KeyUse) -> None:
        """The public half of a secret is the secret."""
        with pytest.raises(KeyRefused) as caught:
            public_jwk(key_of(alg, use))

        assert caught.value.code == "not_publishable"

    @pytest.mark.requirement("JWK-04")
    @pytest.mark.parametrize("member", ["x", "y"])
    def test_coordinate_with_leading_zero_keeps_its_width(self, member: str) -> None:
        """RFC 7518 §6.2.1.2: 32 bytes always, or other parsers refuse the key."""
        jwk = next(
            candidate
            for scalar in range(1, 5000)
            if base64url_decode((candidate := _ec_jwk(scalar))[member])[0] == 0
        )

        public = public_jwk(parse_key(jwk))

        assert len(public["x"]) == len(public["y"]) == 43
        assert thumbprint(public) == thumbprint(jwk)


def _ec_jwk(scalar: int) -> dict[str, Any]:
    key = ec.derive_private_key(scalar, ec.SECP256R1())
    return {**json.loads(ECAlgorithm.to_jwk(key)), "alg": "ES256", "use": "sig"}


class TestJwks:
    @pytest.mark.requirement("JWK-01")
    @pytest.mark.parametrize("alg", ["ES256", "EdDSA", "RS256", "PS256"])
    def test_jwks_verifies_a_live_signature_elsewhere(self, alg: str) -> None:
        """Another service reads it with another parser and must be able to verify."""
        key, codec = key_of(alg), PyJWS()
        token = codec.encode(b"{}", key.signing, algorithm=alg)

        published = PyJWKSet.from_dict(jwks(KeyRing([key]), 0))

        assert codec.decode(token, published[key.kid], algorithms=[alg]) == b"{}"

    @pytest.mark.requirement("JWK-02")
    def test_jwks_of_symmetric_keys_is_empty(self) -> None:
        """HS256 has nothing to publish, and refresh keys are nobody's business."""
        ring = KeyRing([key_of("HS256"), key_of("HS256", KeyUse.REFRESH)])

        assert jwks(ring, 0) == {"keys": []}

    @pytest.mark.requirement("JWK-06")
    def test_jwks_has_next_key_before_it_signs(self) -> None:
        """Verifiers must know it by the time its first token comes."""
        ring = KeyRing([key_of("ES256"), key_of("Ed25519", signs_from=100)])

        kids = {key["kid"] for key in jwks(ring, 50)["keys"]}

        assert kids == {key_of("ES256").kid, key_of("Ed25519").kid}

    @pytest.mark.requirement("JWK-06")
    def test_jwks_drops_key_once_it_no_longer_verifies(self) -> None:
        """A retired key in the set would go on verifying elsewhere."""
        ring = KeyRing([key_of("ES256", verifies_until=100), key_of("Ed25519")])

        before, after = jwks(ring, 99)["keys"], jwks(ring, 100)["keys"]

        assert len(before) == 2
        assert [key["kid"] for key in after] == [key_of("Ed25519").kid]


def read(*members: object) -> tuple[list[str], list[str]]:
    """Return the names of the keys that were taken, and why others were not."""
    keys, skipped = parse_jwk_set(json.dumps({"keys": members}).encode())
    return [key.kid for key in keys], skipped


def small_rsa() -> dict[str, Any]:
    members = {**rsa_members(1024), "alg": "RS256"}
    public = {name: members[name] for name in ("kty", "n", "e", "alg")}
    return {**public, "kid": thumbprint(public)}


class TestForeignSet:
    @pytest.mark.parametrize("alg", ASYMMETRIC)
    def test_what_we_publish_is_what_we_take(self, alg: str) -> None:
        """Both ends are ours; the key verifies, and signs nothing."""
        published = json.dumps(jwks(KeyRing([key_of(alg)]), 0)).encode()

        (key,), skipped = parse_jwk_set(published)

        assert (key.kid, key.alg, key.use) == (key_of(alg).kid, alg, KeyUse.SIG)
        assert key.signing is None
        assert not key.has_started(float("inf"))
        assert skipped == []

    @pytest.mark.requirement("JWK-07")
    def test_unknown_members_are_nothing(self) -> None:
        """RFC 7517 §5: they must be ignored, in the set and in each key."""
        document = {"keys": [{**GOOD, "x5c": ["!"], "new": {}}], "more": [1]}

        keys, skipped = parse_jwk_set(json.dumps(document).encode())

        assert [key.kid for key in keys] == [GOOD["kid"]]
        assert skipped == []

    @pytest.mark.requirement("JWK-07")
    @pytest.mark.parametrize(
        "bad",
        [
            *(None, 1, "key", [], {}),
            {**GOOD, "kty": "XYZ"},
            {**GOOD, "crv": "P-384"},
            {**GOOD, "alg": "ES384"},
            {**GOOD, "alg": ["ES256"]},
            without(GOOD, "alg"),
            jwk_of("HS256"),
            {**GOOD, "alg": "HS256"},
            {**GOOD, "use": "enc"},
            {**GOOD, "use": None},
            {**GOOD, "key_ops": ["sign"]},
            {**GOOD, "key_ops": ["verify", "sign"]},
            without(GOOD, "y"),
            {**GOOD, "x": 5},
            {**GOOD, "x": "!"},
            {**GOOD, "x": b64(bytes(32)), "y": b64(bytes(32))},
            {**GOOD, "kid": "key-1"},
            without(GOOD, "kid"),
            {**GOOD, "kid": RSA["kid"]},
            {**GOOD, "d": b64(bytes(32))},
            jwk_of("ES256"),
            {**RSA, "n": "AQAB"},
            {**RSA, "e": "AQ"},
            small_rsa(),
        ],
        ids=lambda _bad: "bad",  # keys are new in each process, and so would names be
    )
    def test_key_of_no_use_is_left_out_alone(self, bad: object) -> None:
        """One key that can't be used must not end the use of the others."""
        taken, skipped = read(bad, GOOD)

        assert taken == [GOOD["kid"]]
        assert len(skipped) == 1
        assert skipped[0].startswith("key number 1 is left out.")

    def test_other_spelling_of_a_key_has_its_one_name(self) -> None:
        """Some writers put a zero before a number (RFC 7518 §6.3.1.1 forbids it)."""
        padded = {**RSA, "n": b64(b"\x00" + base64url_decode(RSA["n"]))}

        assert read(padded, RSA) == ([RSA["kid"]], [])

    def test_key_named_twice_is_one_and_two_algorithms_are_a_fault(self) -> None:
        """One key, one algorithm (RFC 8725 §3.1): the first stands."""
        assert read(GOOD, GOOD) == ([GOOD["kid"]], [])

        keys, skipped = parse_jwk_set(
            json.dumps({"keys": [RSA, {**RSA, "alg": "PS256"}]}).encode()
        )

        assert [(key.kid, key.alg) for key in keys] == [(RSA["kid"], "RS256")]
        assert len(skipped) == 1

    def test_reason_shows_no_material(self) -> None:
        """It goes to the log, and by mistake a set may hold a private key."""
        private = jwk_of("ES256")

        _taken, skipped = read(private, jwk_of("HS256"))

        assert private["d"] not in str(skipped)
        assert jwk_of("HS256")["k"] not in str(skipped)

    @pytest.mark.requirement("JWK-07")
    @pytest.mark.parametrize(
        "document",
        [
            *(b"", b"null", b"[]", b"{}", b'{"keys": {}}', b'{"keys": null}'),
            b'\xef\xbb\xbf{"keys": []}',
            b'{"keys": [], "keys": []}',
            b'{"keys": [NaN]}',
            b'{"keys": ' + b"[" * 100_000,
            b"\xff",
        ],
    )
    def test_no_set_is_one_error(self, document: bytes) -> None:
        """Whoever fetches has one thing to catch."""
        with pytest.raises(TokenMalformed):
            parse_jwk_set(document)

    @given(
        st.lists(
            st.dictionaries(
                st.sampled_from(["kty", "alg", "crv", "use", "kid", "x", "y", "n"]),
                st.sampled_from(
                    [*GOOD.values(), *RSA.values(), "", "AA", None, 1, [], {}]
                ),
            )
            | st.fixed_dictionaries({}, optional={k: st.text() for k in GOOD})
        )
    )
    def test_no_set_whatever_is_another_error(self, members: list[object]) -> None:
        """An exception of a library would end the thread that fetches."""
        taken, skipped = read(*members)

        assert len(taken) + len(skipped) <= len(members)
