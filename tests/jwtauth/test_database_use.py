"""What tokens cost the database: few statements, and no lock while anything is slow."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.throttling import SimpleRateThrottle

from jwtauth.core import codec
from jwtauth.models import TokenFamily
from jwtauth.views.token import TokenRefreshView
from tests.jwtauth.caller import Caller


def statements(queries: CaptureQueriesContext) -> list[str]:
    """The verbs of what was sent, apart from the borders of transactions."""
    verbs = [query["sql"].split()[0] for query in queries]
    return [verb for verb in verbs if verb in {"SELECT", "INSERT", "UPDATE", "DELETE"}]


class TestStatements:
    @pytest.mark.requirement("RTK-23")
    def test_refresh_is_one_read_and_one_write(
        self, alice: User, caller: Caller
    ) -> None:
        """And no transaction around them: the write carries its own condition."""
        refresh = caller.login(alice)["refresh"]

        with CaptureQueriesContext(connection) as queries:
            caller.refreshed(refresh)

        assert [query["sql"].split()[0] for query in queries] == ["SELECT", "UPDATE"]

    @pytest.mark.requirement("RTK-23")
    def test_retry_is_one_read(self, alice: User, caller: Caller) -> None:
        """A lost answer is computed again, not stored."""
        refresh = caller.login(alice)["refresh"]
        caller.refreshed(refresh)

        with CaptureQueriesContext(connection) as queries:
            caller.refreshed(refresh)

        assert statements(queries) == ["SELECT"]

    @pytest.mark.requirement("RTK-23")
    def test_reuse_is_bounded(self, alice: User, caller: Caller) -> None:
        """Who replays a token can't make the database work hard."""
        first = caller.login(alice)["refresh"]
        second = caller.refreshed(first)["refresh"]
        caller.refreshed(second)

        with CaptureQueriesContext(connection) as queries:
            assert caller.refresh(first).status_code == 401

        assert len(statements(queries)) <= 3


class TestLocks:
    @pytest.mark.requirement("OPS-07")
    def test_signing_asks_nothing_and_a_refresh_holds_no_lock(
        self, alice: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Only a login signs under a lock: a fault then leaves no login behind."""
        in_transaction = []
        sign = codec.sign

        def watched(*args: object) -> str:
            in_transaction.append(connection.in_atomic_block)
            with CaptureQueriesContext(connection) as queries:
                token = sign(*args)
            assert len(queries) == 0
            return token

        monkeypatch.setattr(codec, "sign", watched)

        caller.refreshed(caller.login(alice)["refresh"])

        assert in_transaction == [True, False]


class _OncePerMinute(SimpleRateThrottle):
    rate = "1/min"

    def get_cache_key(self, request: object, view: object) -> str:
        return "throttle-of-this-test"


class TestThrottle:
    @pytest.mark.requirement("RTK-29")
    def test_throttled_refresh_rotates_nothing(
        self, alice: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """DRF's throttles come first: a client that must wait has lost nothing."""
        monkeypatch.setattr(TokenRefreshView, "throttle_classes", [_OncePerMinute])
        refresh = caller.login(alice)["refresh"]
        second = caller.refreshed(refresh)["refresh"]

        response = caller.refresh(second)

        assert response.status_code == 429
        assert response["Retry-After"]
        assert TokenFamily.objects.get().generation == 1
