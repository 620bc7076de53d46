"""What a project's function may add to a token, and what it may not."""

from datetime import date
from typing import Any

import pytest

from jwtauth.core.custom_claims import RESERVED, CustomClaims, judge_claims
from jwtauth.exceptions import ClaimsRefused

ALLOWED = ("plan", "roles")


def judge(returned: object) -> CustomClaims:
    return judge_claims(returned, allowed=ALLOWED, source="shop.claims.of_user")


def fault_of(returned: object) -> str:
    with pytest.raises(ClaimsRefused) as caught:
        judge(returned)
    return str(caught.value)


class TestJudgeClaims:
    def test_allowed_claims_and_scope_are_taken(self) -> None:
        """The scope is known to every reader; the others are the project's own."""
        claims = judge({"plan": "gold", "roles": ("a",), "scope": "read write read"})

        assert claims == CustomClaims(
            scope="read write", extra={"plan": "gold", "roles": ("a",)}
        )
        assert judge({}) == CustomClaims()

    @pytest.mark.requirement("JWT-16")
    @pytest.mark.parametrize("name", sorted(RESERVED))
    def test_registered_claim_is_refused(self, name: str) -> None:
        """``{"sub": ...}`` would be another user, ``{"exp": ...}`` another lifetime."""
        fault = fault_of({"plan": "gold", name: 1})

        assert f"shop.claims.of_user returned {name!r}" in fault

    @pytest.mark.requirement("JWT-16")
    def test_registered_claim_that_was_allowed_is_refused_all_the_same(self) -> None:
        """The list of names can't open this door."""
        with pytest.raises(ClaimsRefused, match="'exp'"):
            judge_claims({"exp": 1}, allowed=("exp",), source="f")

    @pytest.mark.requirement("JWT-16")
    @pytest.mark.parametrize("name", ["email", "Plan", "plan ", "", 1, None])
    def test_claim_outside_of_the_list_is_refused(self, name: object) -> None:
        """What goes out to every client is listed, and can be reviewed."""
        assert "CLAIM_NAMES" in fault_of({name: "x"})

    @pytest.mark.parametrize(
        "value",
        [
            *(date(2026, 1, 1), float("nan"), {1: 2}, {"x"}, b"x"),
            *("\ud800", 10**5000, [float("inf")]),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_value_that_is_no_json_is_refused(self, value: object) -> None:
        """Readers would refuse the token, and with it the user."""
        fault = fault_of({"plan": value})

        assert "'plan'" in fault

    def test_value_that_contains_itself_is_refused(self) -> None:
        """A fault that names its claim, not a stack of a thousand frames."""
        loop: list[Any] = []
        loop.append(loop)

        assert "'roles', no JSON: RecursionError" in fault_of({"roles": loop})

    def test_fault_does_not_show_the_value(self) -> None:
        """Faults are logged; claims may be personal."""
        assert "hunter2" not in fault_of({"plan": {"hunter2"}})
        assert "hunter2" not in fault_of({"plan": "hunter2\ud800"})
        assert "hunter2" not in fault_of({"other": "hunter2"})

    @pytest.mark.parametrize("returned", [None, [("plan", "gold")], "plan", 1])
    def test_return_that_is_no_mapping_is_refused(self, returned: object) -> None:
        """A function that forgot to return would go unseen."""
        assert "must return a dict" in fault_of(returned)


class TestScope:
    @pytest.mark.requirement("ATJ-06")
    @pytest.mark.parametrize("scope", [None, 1, ["a"], "a  b", 'a"', "\u00e4"])
    def test_scope_that_is_none_is_refused(self, scope: object) -> None:
        """RFC 9068 §2.2.3: one string, its words delimited by spaces."""
        assert "'scope'" in fault_of({"scope": scope})

    def test_scope_longer_than_a_login_keeps_is_refused(self) -> None:
        """Cut off, it would be other words."""
        assert judge({"scope": "x" * 1000}).scope == "x" * 1000
        assert "1001 characters" in fault_of({"scope": "x" * 1001})
