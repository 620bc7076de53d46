"""Attacks on the verification of access tokens, each named after itself."""

import json
import socket
import string
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.jwk_set import public_jwk
from jwtauth.core.keys import KeyRing, KeyUse
from jwtauth.core.refresh_token import RefreshKey, RefreshToken
from jwtauth.exceptions import (
    AlgorithmMismatch,
    KeyUnknown,
    SignatureInvalid,
    TokenMalformed,
    TokenRefused,
)
from tests.jwtauth.core.key_box import ASYMMETRIC, EVERY_ALG, key_of
from tests.jwtauth.core.raw_tokens import (
    CLAIMS,
    KEY,
    NOW,
    POLICY,
    ROOMY,
    b64,
    claims,
    encode,
    header_of,
    refusal_of,
    signature,
    signed,
    unb64,
    verify,
    without,
)

ALPHABET = string.ascii_letters + string.digits + "-_"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
NOTHING = object()


def unsigned(header: dict[str, Any]) -> str:
    return f"{encode(header)}.{encode(CLAIMS)}"


class TestAlgNone:
    @pytest.mark.requirement("KEY-02")
    @pytest.mark.parametrize(
        "alg",
        [
            *("none", "None", "NONE", "noNE", "nOnE", "none ", "none\0", ""),
            *(NOTHING, None, 0, ["none"]),
        ],
        ids=lambda alg: "missing" if alg is NOTHING else repr(alg),
    )
    @pytest.mark.parametrize("tail", ["", "AAAA", "genuine"])
    def test_alg_none_in_any_spelling_is_refused(self, alg: object, tail: str) -> None:
        """RFC 8725 §3.2: what isn't the key's algorithm isn't even tried."""
        header = (
            header_of(alg=alg) if alg is not NOTHING else without(header_of(), "alg")
        )
        parts = unsigned(header)
        token = f"{parts}.{signature(parts) if tail == 'genuine' else tail}"

        assert refusal_of(token) is AlgorithmMismatch


@cache
def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer.test")])
    start = datetime.fromtimestamp(NOW, UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.verifying)
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
    )
    return builder.sign(KEY.signing, SHA256()).public_bytes(Encoding.DER)


def public_forms() -> dict[str, bytes]:
    public = KEY.verifying
    assert isinstance(public, ec.EllipticCurvePublicKey)
    info = PublicFormat.SubjectPublicKeyInfo
    jwk = public_jwk(KEY)
    return {
        "pem": public.public_bytes(Encoding.PEM, info),
        "pem stripped": public.public_bytes(Encoding.PEM, info).strip(),
        "der": public.public_bytes(Encoding.DER, info),
        "point": public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        "jwk": json.dumps(jwk).encode(),
        "jwk compact": json.dumps(jwk, separators=(",", ":")).encode(),
        "x5c": certificate(),
        "kid": KEY.kid.encode(),
        "nothing": b"",
    }


class TestAlgorithmConfusion:
    @pytest.mark.requirement("KEY-04", "KEY-03")
    @pytest.mark.parametrize("form", public_forms())
    def test_hs256_over_the_public_key_is_refused(self, form: str) -> None:
        """RFC 8725 §2.1: everybody knows the public key; it must be no secret."""
        parts = unsigned(header_of(alg="HS256"))
        mac = HMAC(public_forms()[form], SHA256())
        mac.update(parts.encode())

        assert refusal_of(f"{parts}.{b64(mac.finalize())}") is AlgorithmMismatch

    @pytest.mark.requirement("KEY-03")
    @pytest.mark.parametrize(("alg", "other"), [("RS256", "PS256"), ("PS256", "RS256")])
    def test_other_padding_of_the_same_rsa_key_is_refused(
        self, alg: str, other: str
    ) -> None:
        """A key has one algorithm, even where it could serve another."""
        key = key_of(alg)
        parts = unsigned(header_of(key, alg=other))
        token = f"{parts}.{signature(parts, key, alg=other)}"

        assert refusal_of(token, ring=KeyRing([key])) is AlgorithmMismatch

    @pytest.mark.requirement("KEY-01", "KEY-03")
    @pytest.mark.parametrize("alg", EVERY_ALG)
    @pytest.mark.parametrize(
        "other",
        [
            *("HS256", "HS384", "HS512", "RS256", "RS384", "RS512"),
            *("PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K"),
            *("EdDSA", "Ed25519", "Ed448", "none", "es256", "hs256"),
        ],
    )
    def test_header_with_another_alg_than_the_key_is_refused(
        self, alg: str, other: str
    ) -> None:
        """RFC 8725 §3.1: the key says how it is used, never the token."""
        if other == alg:
            return
        key = key_of(alg)
        token = signed(header=header_of(key, alg=other), key=key)

        assert refusal_of(token, ring=KeyRing([key])) is AlgorithmMismatch


@pytest.fixture
def watched_address() -> Iterator[tuple[socket.socket, str]]:
    """A server that must see nobody."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server, f"http://127.0.0.1:{server.getsockname()[1]}/key"


class TestKeyInTheToken:
    @pytest.mark.requirement("KEY-12")
    @pytest.mark.parametrize("claimed", ["own", "ours"])
    def test_embedded_jwk_chooses_no_key(self, claimed: str) -> None:
        """RFC 8725 §3.10: a token that brings its key proves nothing but that."""
        forger = parse_key(generate_jwk("ES256", KeyUse.SIG))
        kid = forger.kid if claimed == "own" else KEY.kid
        token = signed(header=header_of(kid=kid, jwk=public_jwk(forger)), key=forger)

        expected = KeyUnknown if claimed == "own" else SignatureInvalid
        assert refusal_of(token) is expected

    @pytest.mark.requirement("KEY-12")
    @pytest.mark.parametrize("name", ["jku", "x5u"])
    @pytest.mark.parametrize("kid", ["theirs", KEY.kid], ids=["theirs", "ours"])
    def test_key_address_is_never_visited(
        self, name: str, kid: str, watched_address: tuple[socket.socket, str]
    ) -> None:
        """A stranger must not choose the key, nor whom the server calls."""
        server, address = watched_address
        forger = parse_key(generate_jwk("ES256", KeyUse.SIG))
        header = header_of(kid=kid, **{name: address})

        with pytest.raises(TokenRefused):
            verify(signed(header=header, key=forger))

        with pytest.raises(BlockingIOError):
            server.accept()

    @pytest.mark.requirement("KEY-12")
    @pytest.mark.parametrize("name", ["x5c", "x5t", "x5t#S256"])
    def test_certificate_chooses_no_key(self, name: str) -> None:
        """The same in the clothes of X.509."""
        forger = parse_key(generate_jwk("ES256", KeyUse.SIG))
        value = [b64(certificate())] if name == "x5c" else "AAAA"
        header = without(header_of(**{name: value}), "kid")

        assert refusal_of(signed(header=header, key=forger)) is KeyUnknown


class TestExtensions:
    @pytest.mark.requirement("JWT-05")
    @pytest.mark.parametrize(
        "members",
        [
            {"crit": []},
            {"crit": None},
            {"crit": "exp"},
            {"crit": ["exp"]},
            {"crit": ["alg"]},
            {"crit": ["urn:unknown"], "urn:unknown": True},
            {"crit": ["b64"], "b64": False},
            {"crit": ["b64"], "b64": True},
            {"b64": False},
            {"b64": True},
        ],
        ids=str,
    )
    def test_extension_is_not_understood(self, members: dict[str, Any]) -> None:
        """RFC 7515 §4.1.11: what is critical and not understood refuses the token."""
        assert refusal_of(signed(header=header_of(**members))) is TokenMalformed

    @pytest.mark.requirement("JWT-05")
    def test_unencoded_payload_is_refused(self) -> None:
        """RFC 7797: with ``b64: false`` the signature covers other bytes."""
        header = encode(header_of(crit=["b64"], b64=False))
        payload = json.dumps(CLAIMS).replace(".", "\\u002e")
        token = f"{header}.{payload}.{signature(f'{header}.{payload}')}"

        assert refusal_of(token) is TokenMalformed

    @pytest.mark.requirement("JWT-04")
    def test_nested_jwt_is_refused(self) -> None:
        """RFC 7519 §5.2: a token inside a token is none of ours."""
        token = signed(signed().encode(), header_of(cty="JWT"))

        assert refusal_of(token) is TokenMalformed


def with_member(text: str) -> bytes:
    """Return the claims with one more member, as raw text."""
    return json.dumps(CLAIMS).encode()[:-1] + f", {text}}}".encode()


BAD_JSON = {
    "a name twice": with_member('"sub": "2"'),
    "a name twice, once escaped": with_member('"\\u0073ub": "2"'),
    "a name twice, further in": with_member('"x": [{"a": 1, "a": 2}]'),
    "NaN": with_member('"x": NaN'),
    "Infinity": with_member('"x": Infinity'),
    "-Infinity": with_member('"x": -Infinity'),
    "BOM": b"\xef\xbb\xbf" + json.dumps(CLAIMS).encode(),
    "UTF-16": json.dumps(CLAIMS).encode("utf-16"),
    "UTF-16 without BOM": json.dumps(CLAIMS).encode("utf-16-le"),
    "UTF-32": json.dumps(CLAIMS).encode("utf-32"),
    "Latin-1": with_member('"x": "@"').replace(b"@", b"\xe9"),
    "an encoded surrogate": with_member('"x": "@"').replace(b"@", b"\xed\xa0\x80"),
    "an overlong NUL": with_member('"x": "@"').replace(b"@", b"\xc0\x80"),
    "a bare NUL": with_member('"x": "@"').replace(b"@", b"\0"),
    "nesting of 100000": with_member(f'"x": {"[" * 10**5}{"]" * 10**5}'),
    "objects 100000 deep": with_member('"x": ' + '{"a":' * 10**5 + "1" + "}" * 10**5),
    "a number of 1000000 digits": with_member(f'"x": {"9" * 10**6}'),
    "more after the end": json.dumps(CLAIMS).encode() + b" {}",
    "a comma too many": json.dumps(CLAIMS).encode()[:-1] + b",}",
    "single quotes": str(CLAIMS).encode(),
    "a comment": json.dumps(CLAIMS).encode() + b"/* */",
    "a list": json.dumps([CLAIMS]).encode(),
    "a string": b'"sub"',
    "a number": b"1",
    "null": b"null",
    "nothing": b"",
}


class TestJson:
    @pytest.mark.requirement("JWT-06")
    @pytest.mark.parametrize("fault", BAD_JSON)
    def test_payload_that_is_no_strict_json_object_is_refused(self, fault: str) -> None:
        """Where two parsers differ, a token says two things (RFC 8725 §2.4)."""
        assert refusal_of(signed(BAD_JSON[fault]), policy=ROOMY) is TokenMalformed

    @pytest.mark.requirement("JWT-06")
    @pytest.mark.parametrize("fault", BAD_JSON)
    def test_header_that_is_no_strict_json_object_is_refused(self, fault: str) -> None:
        """The header is read before anything is proven."""
        header = BAD_JSON[fault].replace(
            json.dumps(CLAIMS).encode()[1:-1],
            json.dumps(header_of(sub=1)).encode()[1:-1],
        )

        assert refusal_of(signed(header=header), policy=ROOMY) is TokenMalformed

    @pytest.mark.requirement("JWT-06")
    def test_payload_in_utf_8_counts(self) -> None:
        """RFC 7519 §3: any text, written as UTF-8."""
        said = claims(sub="Jürgen 🐘")
        payload = json.dumps(said, ensure_ascii=False).encode()

        assert verify(signed(payload)).subject == "Jürgen 🐘"


def other_spellings(part: str) -> list[str]:
    """Return the spellings of the same bytes with stray bits set (RFC 4648 §3.5)."""
    return [
        spelling
        for character in ALPHABET
        if (spelling := part[:-1] + character) != part
        and unb64(spelling) == unb64(part)
    ]


class TestSpelling:
    @pytest.mark.requirement("JWT-03")
    def test_signature_with_stray_bits_is_refused(self) -> None:
        """Whoever knows tokens by their text would know this one under 16 names."""
        parts, _, tail = signed().rpartition(".")
        spellings = other_spellings(tail)

        assert len(spellings) == 15
        for spelling in spellings:
            assert refusal_of(f"{parts}.{spelling}") is TokenMalformed

    @pytest.mark.requirement("JWT-03")
    @pytest.mark.parametrize("position", [0, 1], ids=["header", "payload"])
    @pytest.mark.parametrize("filler", ["", "x", "xx"])
    def test_signed_part_with_stray_bits_is_refused(
        self, position: int, filler: str
    ) -> None:
        """Also where the signature covers them."""
        parts = [encode(header_of(x=filler)), encode(claims(x=filler))]

        for spelling in other_spellings(parts[position]):
            parts[position] = spelling
            text = ".".join(parts)
            assert refusal_of(f"{text}.{signature(text)}") is TokenMalformed

    @pytest.mark.requirement("JWT-02")
    @pytest.mark.parametrize("position", [0, 1, 2])
    @pytest.mark.parametrize(
        "junk",
        [
            "=",
            "==",
            "====",
            " ",
            "\n",
            "\t",
            "\r\n",
            "\0",
            "+",
            "/",
            "~",
            '"',
            "{",
            "%3D",
        ],
        ids=repr,
    )
    @pytest.mark.parametrize("where", ["before", "within", "after"])
    def test_character_outside_the_alphabet_is_refused(
        self, position: int, junk: str, where: str
    ) -> None:
        """Decoders skip such characters, each its own set of them."""
        parts = signed().split(".")
        at = {"before": 0, "within": 8, "after": len(parts[position])}[where]
        parts[position] = parts[position][:at] + junk + parts[position][at:]

        assert refusal_of(".".join(parts)) is TokenMalformed

    @pytest.mark.requirement("JWT-02")
    @pytest.mark.parametrize(
        "junk", ["é", "\u0410", "\uff21", "\u0661", "\u212a", "\ud800", "🐘"]
    )
    @pytest.mark.parametrize("position", [0, 1, 2])
    def test_non_ascii_character_is_refused(self, junk: str, position: int) -> None:
        """What looks like a letter or a digit is not therefore in the alphabet."""
        parts = signed().split(".")
        parts[position] = parts[position][:8] + junk + parts[position][9:]

        assert refusal_of(".".join(parts)) is TokenMalformed

    @pytest.mark.requirement("JWT-02", "JWT-04")
    @pytest.mark.parametrize(
        "text",
        [
            *("", ".", "..", "...", "....", "a", "a.b", "a.b.c"),
            *(".".join(["AAAA"] * count) for count in (1, 2, 4, 5)),
            *("{}", "null", "Bearer", "\0", "\ud800"),
        ],
        ids=repr,
    )
    def test_text_of_another_form_is_refused(self, text: str) -> None:
        """Compact serialisation has three parts; five would be an encrypted one."""
        assert refusal_of(text) is TokenMalformed

    @pytest.mark.requirement("JWT-02")
    @pytest.mark.parametrize(
        "form",
        [
            "{0}.{1}",
            "{0}.{1}.",
            ".{1}.{2}",
            "{0}..{2}",
            "{0}.{1}.{2}.",
            "{0}.{1}.{2}.{2}",
            "{0}.{1}.{2}.{2}.{2}",
            "Bearer {0}.{1}.{2}",
            '"{0}.{1}.{2}"',
            '{{"protected":"{0}","payload":"{1}","signature":"{2}"}}',
        ],
    )
    def test_genuine_parts_in_another_form_are_refused(self, form: str) -> None:
        """RFC 7515 §7.2's JSON form, too: one form, one parser."""
        token = form.format(*signed().split("."))

        with pytest.raises(TokenRefused):
            verify(token)

    @pytest.mark.requirement("JWT-04")
    def test_encrypted_token_is_refused(self) -> None:
        """Anybody can encrypt to a public key; that proves nothing."""
        header = encode(header_of(alg="ECDH-ES", enc="A256GCM", zip="DEF", p2c=10**9))

        assert refusal_of(f"{header}..AAAA.AAAA.AAAA") is TokenMalformed

    def test_refresh_token_is_refused(self) -> None:
        """Refresh tokens are no JWTs, so that neither passes for the other."""
        token = RefreshToken(sid=bytes(16), generation=0, secret=bytes(32))
        text = RefreshKey(key_of("HS256", KeyUse.REFRESH)).encode(token)

        assert refusal_of(text) is TokenMalformed


class TestLength:
    @pytest.mark.requirement("JWT-07")
    def test_token_counts_up_to_the_limit_exactly(self) -> None:
        """The limit is a number of characters, that one included."""
        token = signed()
        exact = replace(POLICY, max_token_length=len(token))
        short = replace(POLICY, max_token_length=len(token) - 1)

        assert verify(token, policy=exact)
        assert refusal_of(token, policy=short) is TokenMalformed

    @pytest.mark.requirement("JWT-07")
    def test_token_past_the_limit_is_refused_before_it_is_read(self) -> None:
        """Work for a stranger stays bounded: a megabyte is not even decoded."""
        token = signed(claims(x="x" * 10**6))

        with pytest.raises(TokenMalformed, match="too long"):
            verify(token)
        assert verify(token, policy=ROOMY)


class TestSignature:
    @pytest.mark.requirement("JWT-01")
    @pytest.mark.parametrize("alg", ASYMMETRIC)
    def test_signature_of_another_token_is_refused(self, alg: str) -> None:
        """Signed before read: the claims are the ones that were signed."""
        key = key_of(alg)
        parts = signed(claims(sub="2"), key=key).rpartition(".")[0]
        stolen = signed(key=key).rpartition(".")[2]

        token = f"{parts}.{stolen}"

        assert refusal_of(token, ring=KeyRing([key])) is SignatureInvalid

    @pytest.mark.requirement("JWT-01", "JWT-18")
    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"\0",
            bytes(64),
            bytes(32) + b"\1" * 32,
            b"\1" * 32 + bytes(32),
            ORDER.to_bytes(32, "big") * 2,
            b"\xff" * 64,
            bytes(63),
            bytes(65),
            bytes(1024),
        ],
        ids=lambda raw: f"{raw[:2].hex()} {len(raw)}",
    )
    def test_degenerate_ecdsa_signature_is_refused(self, raw: bytes) -> None:
        """CVE-2022-21449: where 0 passes, every token passes."""
        parts = unsigned(header_of())

        assert refusal_of(f"{parts}.{b64(raw)}") is SignatureInvalid

    @pytest.mark.requirement("JWT-18")
    def test_ecdsa_signature_in_der_is_refused(self) -> None:
        """RFC 7518 §3.4: 64 bytes, and no second form of them."""
        parts, _, tail = signed().rpartition(".")
        raw = unb64(tail)
        pair = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))

        der = encode_dss_signature(*pair)

        assert refusal_of(f"{parts}.{b64(der)}") is SignatureInvalid

    @pytest.mark.requirement("JWT-03")
    def test_mirrored_ecdsa_signature_is_the_same_token_to_revocation(self) -> None:
        """ECDSA allows (r, n - s) as well: so ``jti`` and ``sid`` name a token."""
        parts, _, tail = signed().rpartition(".")
        raw = unb64(tail)
        s = int.from_bytes(raw[32:], "big")

        mirrored = f"{parts}.{b64(raw[:32] + (ORDER - s).to_bytes(32, 'big'))}"

        assert verify(mirrored) == verify(f"{parts}.{tail}")

    def test_signature_in_der_is_what_the_vectors_mean_by_it(self) -> None:
        """Guard the test above: the pair is read in the right order."""
        key = KEY.signing
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        r, s = decode_dss_signature(key.sign(b"x", ec.ECDSA(SHA256())))

        assert 0 < r < ORDER and 0 < s < ORDER
