"""Sign and verify: what counts as an access token, and for how long."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jwt.exceptions import InvalidKeyError

from jwtauth.core import codec
from jwtauth.core.claims import parse_claims
from jwtauth.core.jwk import parse_key
from jwtauth.core.keys import ALGORITHMS, Key, KeyRing, KeyUse
from jwtauth.exceptions import (
    AlgorithmMismatch,
    AudienceMismatch,
    ClaimInvalid,
    IssuerMismatch,
    KeyUnknown,
    SignatureInvalid,
    TokenExpired,
    TokenMalformed,
    TokenNotYetValid,
    TokenTypeMismatch,
)
from tests.jwtauth.core.key_box import EVERY_ALG, key_of
from tests.jwtauth.core.raw_tokens import (
    CLAIMS,
    KEY,
    NOW,
    POLICY,
    RING,
    claims,
    header_of,
    refusal_of,
    signed,
    unb64,
    verify,
    without,
)

JWS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "jws.json").read_text("utf-8")
)
EVERY_JWS = pytest.mark.parametrize("vector", JWS, ids=lambda v: v["source"])
LEEWAY = POLICY.leeway.total_seconds()


class TestSign:
    @pytest.mark.requirement("ATJ-01")
    @pytest.mark.parametrize("alg", EVERY_ALG)
    def test_header_has_typ_alg_and_kid_alone(self, alg: str) -> None:
        """RFC 9068 §2.1: the type tells it from every other JWT of this key."""
        token = codec.sign(parse_claims(CLAIMS), key_of(alg))

        header = json.loads(unb64(token.split(".")[0]))

        assert header == {"typ": "at+jwt", "alg": alg, "kid": key_of(alg).kid}

    @pytest.mark.requirement("ATJ-08", "KEY-01")
    @pytest.mark.parametrize("alg", EVERY_ALG)
    def test_signed_claims_verify_with_every_algorithm(self, alg: str) -> None:
        """What one process signs, the other one takes, unchanged."""
        key, said = key_of(alg), parse_claims(claims(scope="a b", nbf=NOW))

        token = codec.sign(said, key)

        assert verify(token, ring=KeyRing([key])) == said

    def test_short_secret_is_refused(self) -> None:
        """PyJWT only warns of it, and only once."""
        with pytest.raises(InvalidKeyError):
            codec.sign(parse_claims(CLAIMS), _weak_key())


def _weak_key() -> Key:
    secret = b"0123456789"
    return Key(
        kid="weak", alg="HS256", use=KeyUse.SIG, signing=secret, verifying=secret
    )


class TestVectors:
    @EVERY_JWS
    def test_published_signature_verifies(self, vector: dict[str, Any]) -> None:
        """Our keys and our codec read what the RFCs wrote."""
        key = parse_key({**vector["jwk"], "use": "sig"})

        payload = codec._CODEC.decode(
            vector["jws"], key.verifying, algorithms=[key.alg]
        )

        assert payload.decode() == vector["payload"]

    @EVERY_JWS
    def test_published_signature_is_no_access_token(
        self, vector: dict[str, Any]
    ) -> None:
        """A genuine signature alone makes no access token."""
        key = parse_key({**vector["jwk"], "use": "sig"})

        assert refusal_of(vector["jws"], ring=KeyRing([key])) is TokenTypeMismatch

    def test_ed25519_signature_is_the_published_one(self) -> None:
        """RFC 8037 A.4: Ed25519 is deterministic, so we must write the same bytes."""
        vector = next(v for v in JWS if v["source"] == "RFC 8037 appendix A.4")
        key = parse_key({**vector["jwk"], "use": "sig"})

        signature = codec._CODEC.get_algorithm_by_name("EdDSA").sign(
            vector["jws"].rpartition(".")[0].encode(), key.signing
        )

        assert signature == unb64(vector["jws"].rpartition(".")[2])


class TestAlgorithms:
    @pytest.mark.requirement("KEY-01", "KEY-14")
    def test_codec_knows_the_listed_algorithms_alone(self) -> None:
        """``none``, or HS256's weaker brothers, are not even there to be chosen."""
        assert set(codec._CODEC.get_algorithms()) == set(ALGORITHMS)

    @pytest.mark.requirement("KEY-08")
    @pytest.mark.parametrize(
        ("alg", "other"), [("Ed25519", "EdDSA"), ("EdDSA", "Ed25519")]
    )
    def test_other_name_of_the_same_curve_is_refused(
        self, alg: str, other: str
    ) -> None:
        """RFC 9864: the legacy name counts only for a key that bears it."""
        key = key_of(alg)
        token = signed(header=header_of(key, alg=other), key=key)

        assert refusal_of(token, ring=KeyRing([key])) is AlgorithmMismatch


class TestExpiry:
    @pytest.mark.requirement("JWT-08")
    @pytest.mark.parametrize("past", [-1, 0, LEEWAY - 0.001])
    def test_token_within_its_leeway_counts(self, past: float) -> None:
        """Clocks differ by seconds."""
        assert verify(signed(claims(exp=NOW)), now=NOW + past).expires_at == NOW

    @pytest.mark.requirement("JWT-08")
    @pytest.mark.parametrize("past", [LEEWAY, LEEWAY + 1, 10**6])
    def test_token_past_its_leeway_is_expired(self, past: float) -> None:
        """RFC 7519 §4.1.4: on or after ``exp`` it must not count."""
        token = signed(claims(exp=NOW))

        assert refusal_of(token, now=NOW + past) is TokenExpired

    @pytest.mark.requirement("JWT-08")
    def test_token_without_leeway_expires_on_its_second(self) -> None:
        """On, not only after."""
        strict, token = replace(POLICY, leeway=timedelta(0)), signed(claims(exp=NOW))

        assert verify(token, policy=strict, now=NOW - 0.001)
        assert refusal_of(token, policy=strict, now=NOW) is TokenExpired

    @pytest.mark.requirement("JWT-08")
    @pytest.mark.parametrize("exp", [-1, 0, -(10**300)], ids=repr)
    def test_token_from_before_time_is_expired(self, exp: int) -> None:
        """A number, though none that ever lay ahead."""
        assert refusal_of(signed(claims(exp=exp))) is TokenExpired


class TestNotYetValid:
    @pytest.mark.requirement("JWT-09")
    @pytest.mark.parametrize("name", ["iat", "nbf"])
    @pytest.mark.parametrize("ahead", [-1, 0, LEEWAY])
    def test_token_within_its_leeway_counts(self, name: str, ahead: float) -> None:
        """The issuer's clock may run ahead of ours by seconds."""
        assert verify(signed(claims(**{name: NOW + ahead})))

    @pytest.mark.requirement("JWT-09")
    @pytest.mark.parametrize("name", ["iat", "nbf"])
    @pytest.mark.parametrize("ahead", [LEEWAY + 0.001, 61, 3600, 10**300])
    def test_token_from_the_future_is_refused(self, name: str, ahead: float) -> None:
        """RFC 7519 §4.1.5: before ``nbf`` it must not count."""
        token = signed(claims(**{name: NOW + ahead}))

        assert refusal_of(token) is TokenNotYetValid


class TestIssuer:
    @pytest.mark.requirement("JWT-10")
    @pytest.mark.parametrize(
        "issuer",
        [
            *("https://issuer.test/", "https://ISSUER.test", "HTTPS://issuer.test"),
            *("http://issuer.test", "issuer.test", "https://issuer.tes"),
            *("https://issuer.test.evil.test", " https://issuer.test"),
        ],
    )
    def test_token_of_other_issuer_is_refused(self, issuer: str) -> None:
        """RFC 9068 §4: the whole string, character by character."""
        assert refusal_of(signed(claims(iss=issuer))) is IssuerMismatch

    @pytest.mark.requirement("JWT-10")
    def test_issuer_that_is_a_list_is_refused(self) -> None:
        """``in`` on a list would find it there."""
        assert refusal_of(signed(claims(iss=[POLICY.issuer]))) is ClaimInvalid


class TestAudience:
    @pytest.mark.requirement("JWT-11", "ATJ-09")
    @pytest.mark.parametrize(
        "audience",
        [
            *("https://api.test/", "https://API.test", "https://api.tes"),
            *("https://api.test https://other.test", "https://api.test.evil.test"),
            *("api.test", ["https://other.test"], ["https://api.test/"]),
        ],
        ids=repr,
    )
    def test_token_for_other_audience_is_refused(self, audience: object) -> None:
        """RFC 8725 §3.9: whole strings; a part of a string is another string."""
        assert refusal_of(signed(claims(aud=audience))) is AudienceMismatch

    @pytest.mark.requirement("JWT-11")
    @pytest.mark.parametrize("audience", [[], [["https://api.test"]], None], ids=repr)
    def test_audience_of_another_shape_is_refused(self, audience: object) -> None:
        """RFC 7519 §4.1.3: a string or an array of strings."""
        assert refusal_of(signed(claims(aud=audience))) is ClaimInvalid

    @pytest.mark.requirement("JWT-11")
    def test_token_for_several_audiences_counts_for_each(self) -> None:
        """One of them is us."""
        token = signed(claims(aud=["https://other.test", "https://api.test"]))

        assert verify(token).audience == ("https://other.test", "https://api.test")


class TestClaims:
    @pytest.mark.requirement("ATJ-03")
    @pytest.mark.parametrize("name", sorted(CLAIMS))
    def test_token_without_a_required_claim_is_refused(self, name: str) -> None:
        """RFC 9068 §2.2, also in tokens of our own key."""
        assert refusal_of(signed(without(CLAIMS, name))) is ClaimInvalid

    @pytest.mark.requirement("JWT-12", "JWT-13")
    @pytest.mark.parametrize("name", ["sub", "jti", "sid"])
    @pytest.mark.parametrize("value", [None, "", 1, 1.0, True, ["1"], {}], ids=repr)
    def test_token_with_odd_claim_is_refused(self, name: str, value: object) -> None:
        """They name users and records: strings, or nothing."""
        assert refusal_of(signed(claims(**{name: value}))) is ClaimInvalid


class TestType:
    @pytest.mark.requirement("ATJ-02")
    @pytest.mark.parametrize(
        "typ", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"]
    )
    def test_access_token_type_counts_in_any_case(self, typ: str) -> None:
        """RFC 7515 §4.1.9: a media type, its prefix optional."""
        assert verify(signed(header=header_of(typ=typ)))

    @pytest.mark.requirement("ATJ-02", "JWT-14")
    @pytest.mark.parametrize(
        "typ",
        [
            *("", "JWT", "jwt", "JOSE", "text/at+jwt", "at+jwt ", " at+jwt"),
            *("application/at+jwt; charset=utf-8", "application/application/at+jwt"),
            *("id_token", "dpop+jwt", "logout+jwt", "secevent+jwt", "rt+jwt"),
            *(None, 5, True, ["at+jwt"], {}),
        ],
        ids=repr,
    )
    def test_other_type_is_refused(self, typ: object) -> None:
        """RFC 8725 §3.11: an ID token of the same key is no access token."""
        assert refusal_of(signed(header=header_of(typ=typ))) is TokenTypeMismatch

    @pytest.mark.requirement("ATJ-02", "JWT-14")
    def test_missing_type_is_refused(self) -> None:
        """What doesn't say what it is could be anything."""
        token = signed(header=without(header_of(), "typ"))

        assert refusal_of(token) is TokenTypeMismatch


class TestKeys:
    @pytest.mark.requirement("KEY-09")
    def test_token_of_retired_key_is_refused(self) -> None:
        """A key that leaked verifies nothing any more."""
        ring = KeyRing([replace(KEY, verifies_until=NOW)])

        assert verify(signed(), ring=ring, now=NOW - 1)
        assert refusal_of(signed(), ring=ring) is KeyUnknown

    @pytest.mark.requirement("KEY-09")
    def test_token_of_superseded_key_counts(self) -> None:
        """Rotation logs nobody out."""
        superseded = replace(KEY, verifies_until=NOW + 1)
        newer = replace(key_of("Ed25519"), signs_from=NOW - 1)

        assert verify(signed(), ring=KeyRing([superseded, newer]))

    def test_token_of_refresh_key_is_refused(self) -> None:
        """A refresh key that leaked signs no access token."""
        key = key_of("HS256", KeyUse.REFRESH)

        assert refusal_of(signed(key=key), ring=KeyRing([KEY, key])) is KeyUnknown

    def test_token_of_short_secret_is_refused(self) -> None:
        """Whoever guesses the secret signs for anybody."""
        weak = _weak_key()

        assert refusal_of(signed(key=weak), ring=KeyRing([weak])) is SignatureInvalid

    @pytest.mark.requirement("KEY-11")
    @pytest.mark.parametrize(
        "kid",
        [
            *("", "../../dev/null", "' OR 1=1 --", "\0", "*", "${jndi:x}", "\ud800"),
            *("k" * 4000, None, 0, True, [], ["a"], {}, [KEY.kid], {"kid": KEY.kid}),
        ],
        ids=lambda kid: type(kid).__name__,
    )
    def test_odd_kid_is_an_unknown_key(self, kid: object) -> None:
        """It comes from a stranger and is looked up in a dict, nowhere else."""
        assert refusal_of(signed(header=header_of(kid=kid))) is KeyUnknown

    @pytest.mark.requirement("KEY-11")
    def test_missing_kid_is_an_unknown_key(self) -> None:
        """No key is tried because it is the only one."""
        token = signed(header=without(header_of(), "kid"))

        assert refusal_of(token, ring=KeyRing([KEY])) is KeyUnknown


class TestProve:
    def test_expired_token_is_genuine(self) -> None:
        """Logging out must work with the token at hand, however old."""
        token = signed(claims(exp=NOW - 10**6))

        genuine = codec.prove(token, ring=RING, policy=POLICY, now=NOW)

        assert genuine.claims.sid == CLAIMS["sid"]

    @pytest.mark.parametrize(
        ("token", "error"),
        [
            (signed()[:-8] + "A" * 8, SignatureInvalid),
            (signed(claims(iss="https://other.test")), IssuerMismatch),
            (signed(claims(aud="https://other.test")), AudienceMismatch),
            (signed(without(CLAIMS, "sid")), ClaimInvalid),
            ("", TokenMalformed),
        ],
        ids=lambda value: getattr(value, "__name__", "token"),
    )
    def test_foreign_token_is_not_genuine(
        self, token: str, error: type[Exception]
    ) -> None:
        """Nobody ends a login with a token that isn't of it."""
        with pytest.raises(error):
            codec.prove(token, ring=RING, policy=POLICY, now=NOW)
