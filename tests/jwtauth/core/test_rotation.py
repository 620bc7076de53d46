"""``decide`` against the published table, row by row and byte by byte."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest

from jwtauth.core.jwk import parse_key
from jwtauth.core.keys import KeyRing
from jwtauth.core.policy import TokenPolicy
from jwtauth.core.refresh_token import RefreshKeys
from jwtauth.core.rotation import FamilyState, ReuseKind, RotationOutcome, decide
from tests.vectors import make_rotation

Case: TypeAlias = dict[str, Any]

VECTORS = json.loads(make_rotation.FILE.read_text("utf-8"))
CASES = VECTORS["cases"]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEYS = RefreshKeys(KeyRing([parse_key(VECTORS["refresh_key"])]))
KEY = KEYS.current(0)

EVERY_CASE = pytest.mark.parametrize(
    "case", CASES, ids=[f"row {case['row']}: {case['about']}" for case in CASES]
)


def policy_of(case: dict[str, Any]) -> TokenPolicy:
    return TokenPolicy(
        issuer="i",
        audience="a",
        client_id="c",
        refresh_grace_period=timedelta(seconds=case["policy"]["grace_period"]),
        refresh_retry_window=timedelta(seconds=case["policy"]["retry_window"]),
    )


def family_of(record: dict[str, Any] | None) -> FamilyState | None:
    if record is None:
        return None

    def ahead(name: str) -> datetime:
        return NOW + timedelta(seconds=record[name])

    return FamilyState(
        key=KEY,
        generation=record["generation"],
        secret_hash=bytes.fromhex(record["secret_hash"]),
        nonce=bytes.fromhex(record["nonce"]),
        context=bytes.fromhex(record["context"]),
        rotated_at=NOW - timedelta(seconds=record["seconds_since_rotation"]),
        was_displaced=record["is_displaced"],
        idle_expires_at=ahead("seconds_to_idle_expiry"),
        absolute_expires_at=ahead("seconds_to_absolute_expiry"),
        is_revoked=record["is_revoked"],
        is_bound=record["is_bound"],
    )


class TestDecide:
    @pytest.mark.requirement("RTK-06", "RTK-07", "RTK-10", "RTK-11", "RTK-12", "RTK-13")
    @EVERY_CASE
    def test_decide_published_case_gives_its_outcome(
        self, case: dict[str, Any]
    ) -> None:
        """The table is a promise to whoever reviews or ports it."""
        token = KEYS.parse(case["token"], 0)

        decision = decide(
            family_of(case["family"]),
            token,
            context=case["context"].encode(),
            policy=policy_of(case),
            now=NOW,
        )

        assert decision.outcome == case["outcome"]
        assert decision.reuse == case["reuse"]

    @pytest.mark.parametrize(
        "case", [case for case in CASES if case["next_token"]], ids=lambda c: c["about"]
    )
    def test_successor_published_case_gives_its_bytes(
        self, case: dict[str, Any]
    ) -> None:
        """Two processes, or two implementations, must derive the same successor."""
        nonce = VECTORS["nonce"]
        if case["outcome"] == RotationOutcome.RETRY:
            nonce = case["family"]["nonce"]

        successor = KEY.successor(KEYS.parse(case["token"], 0), bytes.fromhex(nonce))

        assert KEY.encode(successor) == case["next_token"]

    def test_table_every_row_and_outcome_is_published(self) -> None:
        """A row without a case would be a promise that nobody checks."""
        assert {case["row"] for case in CASES} == set(range(1, 9))
        assert {case["outcome"] for case in CASES} == set(RotationOutcome)
        assert {case["reuse"] for case in CASES} == {None, *ReuseKind}

    def test_file_independent_implementation_writes_the_same(self) -> None:
        """The file is what the second implementation says, not edited by hand."""
        assert make_rotation.vectors() == VECTORS
