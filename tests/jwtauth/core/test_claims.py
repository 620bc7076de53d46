"""AccessClaims: what is written, what is read, and what no claim may be."""

import json
from typing import Any

import pytest

from jwtauth.core.claims import AccessClaims, parse_claims
from jwtauth.exceptions import ClaimInvalid

REQUIRED = ("iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "auth_time")
PAYLOAD: dict[str, Any] = {
    "iss": "https://issuer.test",
    "aud": "https://api.test",
    "sub": "1",
    "client_id": "first-party",
    "iat": 1000,
    "exp": 1900,
    "jti": "jti_1",
    "sid": "sid-1",
    "auth_time": 900,
}


def payload(**claims: object) -> dict[str, Any]:
    return {**PAYLOAD, **claims}


def is_refused(claims: dict[str, Any]) -> bool:
    try:
        parse_claims(claims)
    except ClaimInvalid:
        return True
    return False


class TestToPayload:
    @pytest.mark.requirement("ATJ-03", "JWT-16")
    def test_payload_has_the_required_claims_and_no_more(self) -> None:
        """RFC 9068 §2.2 and §6: what isn't needed is not told to whoever reads it."""
        assert parse_claims(PAYLOAD).to_payload() == PAYLOAD
        assert set(PAYLOAD) == set(REQUIRED)

    def test_payload_has_optional_claims_where_they_say_something(self) -> None:
        """An empty scope is no scope."""
        claims = payload(scope="read write", nbf=1001)

        assert parse_claims(claims).to_payload() == claims

    def test_payload_of_several_audiences_is_a_list(self) -> None:
        """RFC 7519 §4.1.3: one is a string, several are an array."""
        claims = payload(aud=["https://a.test", "https://b.test"])

        assert parse_claims(claims).to_payload() == claims

    def test_payload_is_json(self) -> None:
        """Nothing in it needs an encoder of its own."""
        assert json.loads(json.dumps(parse_claims(PAYLOAD).to_payload())) == PAYLOAD


class TestParseClaims:
    def test_claims_are_read_under_their_long_names(self) -> None:
        """Code speaks of the subject; only the wire says ``sub``."""
        claims = parse_claims(PAYLOAD)

        assert claims == AccessClaims(
            issuer="https://issuer.test",
            audience=("https://api.test",),
            subject="1",
            client_id="first-party",
            issued_at=1000,
            expires_at=1900,
            jti="jti_1",
            sid="sid-1",
            auth_time=900,
        )

    @pytest.mark.requirement("ATJ-03", "JWT-13")
    @pytest.mark.parametrize("name", REQUIRED)
    def test_missing_claim_is_refused(self, name: str) -> None:
        """RFC 9068 §2.2: each of them is required."""
        claims = {key: value for key, value in PAYLOAD.items() if key != name}

        assert is_refused(claims)

    def test_unknown_claim_is_left_alone(self) -> None:
        """RFC 7519 §4: what isn't understood is ignored."""
        assert parse_claims(payload(given_name="Alice")) == parse_claims(PAYLOAD)


class TestText:
    @pytest.mark.requirement("JWT-10", "JWT-12")
    @pytest.mark.parametrize("name", ["iss", "sub", "client_id", "scope"])
    @pytest.mark.parametrize("value", ["", None, 1, 1.0, True, [], ["1"], {}], ids=repr)
    def test_text_that_is_no_string_is_refused(self, name: str, value: object) -> None:
        """``sub: 1`` and ``sub: "1"`` would be one user under two names."""
        assert is_refused(payload(**{name: value}))


class TestOpaqueId:
    @pytest.mark.requirement("JWT-13")
    @pytest.mark.parametrize("name", ["jti", "sid"])
    @pytest.mark.parametrize(
        "value",
        [
            *("", None, 1, True, ["a"], {"a": 1}),
            *(
                "a" * 65,
                "a" * 10_000,
                "a:b*\r\n",
                "a b",
                "a\n",
                "é",
                "a.b",
                "a=",
                "a\0",
            ),
        ],
        ids=lambda value: repr(value)[:20],
    )
    def test_id_that_could_mean_more_than_itself_is_refused(
        self, name: str, value: object
    ) -> None:
        """It becomes part of a key in Redis: bounded, and nothing to inject with."""
        assert is_refused(payload(**{name: value}))

    @pytest.mark.parametrize("value", ["a", "a" * 64, "AZ09-_"])
    def test_id_of_base64url_is_taken(self, value: str) -> None:
        """Both edges of what we may issue."""
        assert parse_claims(payload(jti=value, sid=value)).jti == value


class TestAudience:
    @pytest.mark.requirement("JWT-11")
    @pytest.mark.parametrize(
        "value",
        [None, "", [], [""], 1, True, {}, [1], ["a", 1], ["a", None], [["a"]]],
        ids=repr,
    )
    def test_audience_that_is_no_text_is_refused(self, value: object) -> None:
        """RFC 7519 §4.1.3: a string or an array of strings."""
        assert is_refused(payload(aud=value))

    def test_audience_is_a_tuple_either_way(self) -> None:
        """Whoever compares has one case to think of."""
        assert parse_claims(payload(aud="a")).audience == ("a",)
        assert parse_claims(payload(aud=["a"])).audience == ("a",)


class TestDate:
    @pytest.mark.requirement("JWT-08", "JWT-09")
    @pytest.mark.parametrize("name", ["iat", "exp", "auth_time", "nbf"])
    @pytest.mark.parametrize(
        "value",
        [
            *(None, "1900", "", True, False, [], [1900], {}),
            *(float("inf"), float("-inf"), float("nan"), 10**400),
        ],
        ids=lambda value: repr(value)[:12],
    )
    def test_date_that_is_no_finite_number_is_refused(
        self, name: str, value: object
    ) -> None:
        """``true`` is 1 in Python, and nothing is later than NaN or infinity."""
        assert is_refused(payload(**{name: value}))

    @pytest.mark.parametrize("value", [0, -1, 1900.5, 10**300], ids=repr)
    def test_date_that_is_a_number_is_read(self, value: float) -> None:
        """RFC 7519 §2: a NumericDate may have a fraction."""
        assert parse_claims(payload(exp=value)).expires_at == value
