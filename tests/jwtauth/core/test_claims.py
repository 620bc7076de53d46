"""AccessClaims: what is written, what is read, and what no claim may be."""

import json
from dataclasses import replace
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

    def test_payload_has_extras_as_they_came(self) -> None:
        """What is frozen here is lists and objects on the wire."""
        claims = payload(roles=["a", {"b": [1]}], plan="gold")

        assert parse_claims(claims).to_payload() == claims

    @pytest.mark.requirement("JWT-16")
    def test_payload_own_claims_win_over_extras(self) -> None:
        """Whatever gets past the allow-list, it can't make somebody else of a user."""
        claims = replace(parse_claims(PAYLOAD), extra={"sub": "2", "exp": 10**10})

        assert claims.to_payload() == PAYLOAD

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

    def test_unknown_claim_is_an_extra(self) -> None:
        """RFC 7519 §4: what we don't understand, the project may."""
        claims = parse_claims(payload(plan="gold", roles=["a", {"b": [1.5, None]}]))

        assert claims.extra == {"plan": "gold", "roles": ("a", {"b": (1.5, None)})}
        assert parse_claims(PAYLOAD).extra == {}

    def test_extra_can_not_be_changed_at_any_depth(self) -> None:
        """Requests share what was proven: one that adds a role adds it for all."""
        extra = parse_claims(payload(roles=["a"], limits={"day": {"n": 1}})).extra

        with pytest.raises(TypeError):
            extra["plan"] = "gold"  # type: ignore[index]
        with pytest.raises(TypeError):
            extra["limits"]["day"]["n"] = 2
        with pytest.raises(AttributeError):
            extra["roles"].append("b")

    @pytest.mark.parametrize("value", [float("inf"), float("nan"), [float("inf")]])
    def test_extra_that_json_can_not_write_is_refused(self, value: object) -> None:
        """1e999 is JSON, and no number."""
        assert is_refused(payload(x=value))

    def test_extra_deeper_than_python_goes_is_refused(self) -> None:
        """No input makes a 500."""
        deep: list[Any] = []
        for _ in range(10**5):
            deep = [deep]

        assert is_refused(payload(x=deep))

    @pytest.mark.requirement("ATJ-06")
    @pytest.mark.parametrize(
        ("scope", "words"), [("a b", {"a", "b"}), ("a", {"a"}), (None, set())]
    )
    def test_scopes_are_the_words_of_scope(
        self, scope: str | None, words: set[str]
    ) -> None:
        """RFC 9068 §2.2.3: a list delimited by spaces; "ab" holds no "a"."""
        claims = parse_claims(payload() if scope is None else payload(scope=scope))

        assert claims.scopes == words


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
