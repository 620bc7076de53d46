"""The JWK format: what is read, what is refused, what is published."""

import json
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jwtauth.core.jwk import generate_jwk, parse_key, thumbprint
from jwtauth.core.jwk_set import public_jwk
from jwtauth.core.keys import CONTENT_ENCRYPTION, KeyUse
from jwtauth.exceptions import KeyRefused
from tests.jwtauth.core.key_box import (
    ASYMMETRIC,
    EVERY_ALG,
    jwk_of,
    key_of,
    rsa_members,
    secret_jwk,
)
from tests.jwtauth.core.raw_tokens import b64, without

THUMBPRINTS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "thumbprints.json").read_text("utf-8")
)
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
PUBLIC_MEMBERS = {
    "EC": {"kty", "crv", "x", "y"},
    "OKP": {"kty", "crv", "x"},
    "RSA": {"kty", "n", "e"},
}


def refusal_of(jwk: dict[str, Any]) -> KeyRefused:
    with pytest.raises(KeyRefused) as caught:
        parse_key(jwk)
    return caught.value


class TestThumbprint:
    @pytest.mark.requirement("JWK-03")
    @pytest.mark.parametrize("vector", THUMBPRINTS, ids=lambda v: v["source"])
    def test_thumbprint_of_published_key_is_the_published_one(
        self, vector: dict[str, Any]
    ) -> None:
        """Others name our keys by the same rule, so it must be the RFC's."""
        assert thumbprint(vector["jwk"]) == vector["thumbprint"]

    @pytest.mark.requirement("JWK-04")
    @pytest.mark.parametrize("alg", ASYMMETRIC)
    def test_thumbprint_of_private_and_public_half_is_equal(self, alg: str) -> None:
        """The verifier has the public half only and must find the same name."""
        key = key_of(alg)

        assert thumbprint(jwk_of(alg)) == thumbprint(public_jwk(key)) == key.kid

    @pytest.mark.requirement("JWK-04")
    def test_thumbprint_of_rsa_key_with_leading_zeros_is_that_of_the_shortest_form(
        self,
    ) -> None:
        """One key has one name, however a tool padded its numbers (RFC 7638 §7)."""
        padded = jwk_of("RS256", e=b64(b"\0\x01\0\x01"))

        assert parse_key(padded).kid == key_of("RS256").kid


class TestParseKey:
    @pytest.mark.parametrize("alg", EVERY_ALG)
    def test_key_with_every_alg_has_that_alg_alone(self, alg: str) -> None:
        """A key is bound to one algorithm from the start."""
        key = parse_key(jwk_of(alg))

        assert (key.alg, key.use) == (alg, KeyUse.SIG)
        assert key.is_symmetric == (alg == "HS256")

    @pytest.mark.requirement("KEY-13")
    @pytest.mark.parametrize("alg", EVERY_ALG)
    def test_repr_of_key_shows_no_material(self, alg: str) -> None:
        """A key ends up in logs and tracebacks sooner or later."""
        jwk, text = jwk_of(alg), repr(key_of(alg))

        assert "signing" not in text and "verifying" not in text
        for name in PRIVATE_MEMBERS & set(jwk):
            assert jwk[name] not in text

    @pytest.mark.requirement("KEY-01")
    @pytest.mark.parametrize(
        "alg",
        [
            *("none", "None", "", None, 5, ["ES256"], "es256", "HS384", "HS512"),
            *("RS384", "RS512", "PS384", "PS512", "ES384", "ES512", "ES256K"),
            *("Ed448", "RSA-OAEP", "A256KW", "dir", "PBES2-HS256+A128KW"),
        ],
    )
    def test_key_with_unlisted_alg_is_refused(self, alg: object) -> None:
        """The allow-list starts with the keys: nothing else ever verifies."""
        assert refusal_of(jwk_of("ES256", alg=alg)).code == "unknown_algorithm"

    def test_key_without_alg_is_refused(self) -> None:
        """Guessing the algorithm from the key type is how RS256 becomes HS256."""
        assert refusal_of(without(jwk_of("ES256"), "alg")).code == "unknown_algorithm"

    @pytest.mark.requirement("KEY-03", "KEY-06")
    @pytest.mark.parametrize(
        "members",
        [
            {"alg": "RS256"},
            {"alg": "HS256"},
            {"alg": "Ed25519"},
            {"crv": "P-384"},
            {"crv": "secp256k1"},
            {"crv": None},
            {"kty": "OKP"},
            {"kty": ["EC"]},
        ],
        ids=str,
    )
    def test_key_of_another_type_than_its_alg_is_refused(
        self, members: dict[str, Any]
    ) -> None:
        """RFC 7518 §3.1: an algorithm has one key type and curve."""
        assert refusal_of(jwk_of("ES256", **members)).code == "wrong_key_type"

    @pytest.mark.requirement("KEY-06")
    def test_key_on_ed448_is_refused(self) -> None:
        """EdDSA alone doesn't name the curve (RFC 9864); we take Ed25519."""
        assert refusal_of(jwk_of("EdDSA", crv="Ed448")).code == "wrong_key_type"

    @pytest.mark.parametrize("use", [None, "", "enc", "SIG", 5, ["sig"]])
    def test_key_with_unknown_use_is_refused(self, use: object) -> None:
        """A key that doesn't say what it is for would serve two purposes."""
        assert refusal_of(jwk_of("ES256", use=use)).code == "wrong_use"

    def test_refresh_key_that_is_asymmetric_is_refused(self) -> None:
        """Refresh tokens are tagged and derived, which takes a secret."""
        assert refusal_of(jwk_of("ES256", use="refresh")).code == "wrong_use"

    @pytest.mark.parametrize(
        "key_ops",
        [[], ["verify"], ["sign", "encrypt"], "sign", None, 5, [["sign"]], {}],
        ids=repr,
    )
    def test_key_with_other_key_ops_is_refused(self, key_ops: object) -> None:
        """RFC 7517 §4.3: what the key may not do, it must not be used for."""
        assert refusal_of(jwk_of("ES256", key_ops=key_ops)).code == "wrong_key_ops"

    @pytest.mark.parametrize("key_ops", [["sign"], ["verify", "sign"]], ids=repr)
    def test_key_whose_key_ops_allow_to_sign_is_taken(self, key_ops: list[str]) -> None:
        """Other tools write ``key_ops``; a right one is no reason to refuse."""
        assert parse_key(jwk_of("ES256", key_ops=key_ops)).alg == "ES256"

    @pytest.mark.parametrize(
        ("alg", "use"),
        [
            *(("HS256", "enc"), ("ES256", "enc")),
            *((CONTENT_ENCRYPTION, "sig"), (CONTENT_ENCRYPTION, "refresh")),
        ],
    )
    @pytest.mark.requirement("KEY-07")
    def test_key_that_would_sign_and_encrypt_is_refused(
        self, alg: str, use: str
    ) -> None:
        """RFC 8725 §3.1: one algorithm, and one purpose."""
        jwk = generate_jwk(alg, KeyUse.SIG) | {"use": use}

        assert refusal_of(jwk).code == "wrong_use"

    @pytest.mark.parametrize("alg", ["dir", "A128GCM", "A128CBC-HS256", "A256GCMKW"])
    def test_encryption_key_of_another_algorithm_is_refused(self, alg: str) -> None:
        """32 bytes would fit several of them."""
        jwk = jwk_of(CONTENT_ENCRYPTION, KeyUse.ENC, alg=alg)

        assert refusal_of(jwk).code == "unknown_algorithm"

    @pytest.mark.parametrize("size", [16, 31, 33, 64])
    def test_encryption_key_of_another_size_is_refused(self, size: int) -> None:
        """RFC 7518 §5.3: AES-256 takes 256 bits, to the bit."""
        secret = urlsafe_b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()
        members = {"kty": "oct", "k": secret, "alg": CONTENT_ENCRYPTION, "use": "enc"}

        assert refusal_of(members).code == "wrong_size"

    @pytest.mark.parametrize(
        ("key_ops", "is_taken"),
        [
            *((["encrypt", "decrypt"], True), (["decrypt", "encrypt"], True)),
            *((["sign"], False), (["encrypt"], False), (["wrapKey"], False)),
        ],
    )
    def test_encryption_key_may_encrypt_and_decrypt(
        self, key_ops: list[str], *, is_taken: bool
    ) -> None:
        """RFC 7517 §4.3: what the key may not do, it must not be used for."""
        jwk = jwk_of(CONTENT_ENCRYPTION, KeyUse.ENC, key_ops=key_ops)

        if is_taken:
            assert parse_key(jwk).use is KeyUse.ENC
        else:
            assert refusal_of(jwk).code == "wrong_key_ops"

    @pytest.mark.parametrize("kid", ["other", "", 5, None, ["x"]])
    def test_key_with_kid_that_is_no_thumbprint_is_refused(self, kid: object) -> None:
        """A name of one's own could be given to two keys."""
        refusal = refusal_of(jwk_of("ES256", kid=kid))

        assert refusal.code == "wrong_kid"
        assert key_of("ES256").kid in refusal.hint

    @pytest.mark.parametrize("name", ["signs_from", "verifies_until"])
    @pytest.mark.parametrize(
        "value",
        ["1767225600", True, [], -1, 10**400, float("nan"), float("inf"), 253402300800],
        ids=lambda value: str(value)[:12],
    )
    def test_key_with_bad_date_is_refused(self, name: str, value: object) -> None:
        """NaN is neither before nor after now; the rest no clock ever shows."""
        assert refusal_of(jwk_of("ES256", **{name: value})).code == "wrong_date"

    def test_key_with_dates_keeps_them(self) -> None:
        """Rotation is driven by these two."""
        key = parse_key(jwk_of("ES256", signs_from=100, verifies_until=200.5))

        assert (key.signs_from, key.verifies_until) == (100, 200.5)

    def test_key_without_dates_signs_at_once_and_stays(self) -> None:
        """The plainest key file is a working key."""
        key = key_of("ES256")

        assert (key.signs_from, key.verifies_until) == (0, None)


class TestMaterial:
    @pytest.mark.parametrize("alg", ASYMMETRIC)
    def test_public_half_is_refused(self, alg: str) -> None:
        """This side signs: a public key here is a mistake to be told of."""
        public = public_jwk(key_of(alg))

        assert refusal_of(public).code == "public_key"

    @pytest.mark.parametrize(
        ("alg", "members"),
        [
            ("ES256", {"x": "AAAA"}),
            ("ES256", {"x": b64(bytes(32)), "y": b64(bytes(32))}),  # off the curve
            ("ES256", {"x": 5}),
            ("ES256", {"x": None}),
            ("ES256", {"d": b64(bytes(32))}),
            ("ES256", {"d": b64(b"\x01" * 32)}),  # of another point
            ("ES256", {"d": "é"}),
            ("Ed25519", {"d": b64(b"\x01" * 31)}),
            ("Ed25519", {"x": b64(bytes(32))}),
            ("RS256", {"d": "", "p": ""}),
            ("RS256", {"n": "AQAB"}),
            ("RS256", {"oth": []}),
            ("HS256", {"k": None}),
            ("HS256", {"k": ""}),
            ("HS256", {"k": "A"}),
            ("HS256", {"k": 5}),
        ],
        ids=str,
    )
    def test_broken_material_is_refused(
        self, alg: str, members: dict[str, Any]
    ) -> None:
        """A broken file is one clear refusal, never a traceback."""
        jwk = without(jwk_of(alg, **members), "kid")

        assert refusal_of(jwk).code == "invalid_key"

    @pytest.mark.parametrize(
        ("alg", "name"),
        [("ES256", "y"), ("Ed25519", "x"), ("RS256", "n"), ("HS256", "k")],
    )
    def test_missing_member_is_refused(self, alg: str, name: str) -> None:
        """The same for what isn't there at all."""
        assert refusal_of(without(jwk_of(alg), name)).code == "invalid_key"

    @pytest.mark.parametrize("value", [{1, 2}, b"bytes"], ids=repr)
    def test_member_that_is_no_json_is_refused(self, value: object) -> None:
        """A callable may return anything."""
        assert refusal_of(jwk_of("HS256", k=value)).code == "invalid_key"

    @pytest.mark.requirement("KEY-06")
    @pytest.mark.parametrize("size", [1, 10, 31])
    def test_secret_under_32_bytes_is_refused(self, size: int) -> None:
        """RFC 7518 §3.2: a shorter key is weaker than the hash."""
        assert refusal_of(secret_jwk(bytes(range(size)))).code == "secret_too_short"

    def test_secret_of_32_bytes_is_taken(self) -> None:
        """The least the RFC allows is allowed."""
        assert parse_key(secret_jwk(bytes(range(32)))).alg == "HS256"

    @pytest.mark.requirement("KEY-06")
    @pytest.mark.parametrize(
        "secret",
        [
            b"correct horse battery staple and more",
            b"change_me_change_me_please_change_me!",
            b"0123456789a" * 3,
            bytes(32),
        ],
        ids=repr,
    )
    def test_secret_of_words_or_patterns_is_refused(self, secret: bytes) -> None:
        """Long is not unguessable: tokens let anybody try words offline."""
        assert refusal_of(secret_jwk(secret)).code == "secret_guessable"

    @pytest.mark.requirement("KEY-04")
    @pytest.mark.parametrize("form", ["pem", "der", "jwk", "ssh"])
    def test_secret_that_is_a_public_key_is_refused(self, form: str) -> None:
        """Who publishes it elsewhere would hand out the power to sign here."""
        public = key_of("ES256").verifying
        assert isinstance(public, ec.EllipticCurvePublicKey)
        info = PublicFormat.SubjectPublicKeyInfo
        secret = {
            "pem": public.public_bytes(Encoding.PEM, info),
            "der": public.public_bytes(Encoding.DER, info),
            "ssh": public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
            "jwk": json.dumps(public_jwk(key_of("ES256"))).encode(),
        }[form]

        assert refusal_of(secret_jwk(secret)).code == "secret_is_a_key"

    @pytest.mark.requirement("KEY-06")
    def test_rsa_key_of_1024_bits_is_refused(self) -> None:
        """RFC 7518 §3.3: 2048 bits are the least."""
        jwk = {**rsa_members(1024), "alg": "RS256", "use": "sig"}

        assert refusal_of(jwk).code == "rsa_too_short"

    @pytest.mark.requirement("KEY-13")
    @pytest.mark.parametrize(
        "jwk",
        [
            secret_jwk(b"0123456789"),
            secret_jwk(b"correct horse battery staple and more"),
            jwk_of("ES256", x="AAAA"),
            jwk_of("ES256", kid="other"),
            jwk_of("ES256", alg="HS256"),
        ],
        ids=lambda jwk: jwk["alg"],
    )
    def test_refusal_shows_no_material(self, jwk: dict[str, Any]) -> None:
        """The message is printed by checks and commands and stored in logs."""
        refusal = refusal_of(jwk)

        for name in PRIVATE_MEMBERS & set(jwk):
            assert jwk[name] not in f"{refusal}{refusal.hint}"
        assert refusal.__context__ is None or refusal.__suppress_context__


class TestGenerateJwk:
    @pytest.mark.parametrize("alg", ["ES256", "Ed25519", "EdDSA", "HS256"])
    def test_generated_key_is_taken(self, alg: str) -> None:
        """What the command makes must pass every rule for keys."""
        jwk = generate_jwk(alg, KeyUse.SIG)
        key = parse_key(jwk)

        assert (key.alg, key.kid) == (alg, jwk["kid"])

    def test_generated_rsa_key_has_3072_bits(self) -> None:
        """112 bits of security end in 2030; 3072 bits give 128."""
        key = parse_key(generate_jwk("PS256", KeyUse.SIG))

        assert key.verifying.key_size == 3072

    def test_two_generated_secrets_differ(self) -> None:
        """They come from the system's random source, 256 bits each."""
        first, second = (generate_jwk("HS256", KeyUse.REFRESH) for _ in range(2))

        assert first["k"] != second["k"]
