"""``logout/`` and ``logout/all/``: this login ends, or all of the user."""

import time

import pytest
from django.contrib.auth.models import User

from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.signals import family_revoked
from tests.conftest import Heard
from tests.jwtauth.caller import Caller, unverified_claims


def sid_of(access_token: str) -> str:
    """The claim by which receivers of signals find the login."""
    return unverified_claims(access_token)["sid"]


class TestLogout:
    @pytest.mark.requirement("RVK-13")
    def test_logout_twice_is_204_both_times(self, alice: User, caller: Caller) -> None:
        """A client that retries must not be told that it failed."""
        access = caller.login(alice)["access"]

        assert [caller.logout(access).status_code for _ in range(2)] == [204, 204]

    @pytest.mark.requirement("RVK-13")
    def test_logout_expired_access_token_ends_its_login(
        self, alice: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who comes back after lunch must be able to leave."""
        body = caller.login(alice)
        later = time.time() + 3600
        monkeypatch.setattr("time.time", lambda: later)

        assert caller.me(body["access"]).status_code == 401
        assert caller.logout(body["access"]).status_code == 204
        assert caller.refresh(body["refresh"]).status_code == 401

    def test_logout_stale_refresh_token_ends_its_login(
        self, alice: User, caller: Caller
    ) -> None:
        """Any genuine token says whose login it is."""
        first = caller.login(alice)["refresh"]
        second = caller.refreshed(caller.refreshed(first)["refresh"])["refresh"]

        assert caller.post("logout/", {"refresh": first}).status_code == 204
        assert caller.refresh(second).status_code == 401

    def test_logout_row_gone_ends_the_access_token_all_the_same(
        self, alice: User, caller: Caller
    ) -> None:
        """A restored backup may lack the row; 204 must still be true."""
        access = caller.login(alice)["access"]
        TokenFamily.objects.all().delete()

        assert caller.logout(access).status_code == 204
        assert caller.me(access).status_code == 401

    def test_logout_receiver_finds_the_access_token_dead(
        self, alice: User, caller: Caller
    ) -> None:
        """A receiver that sends mail must not give a thief the time."""
        access = caller.login(alice)["access"]
        # The shard is known from now on: only the entry can tell.
        assert caller.me(access).status_code == 200
        statuses: list[int] = []

        def call(**_: object) -> None:
            statuses.append(caller.me(access).status_code)

        family_revoked.connect(call)
        try:
            caller.logout(access)
        finally:
            family_revoked.disconnect(call)

        assert statuses == [401]

    def test_logout_ends_this_login_alone(self, alice: User, caller: Caller) -> None:
        """The other device stays logged in."""
        one, other = caller.used_login(alice), caller.login(alice)

        caller.logout(one["access"])

        assert caller.me(one["access"]).status_code == 401
        assert caller.me(other["access"]).status_code == 200

    @pytest.mark.parametrize("body", [{}, {"refresh": "x"}, {"refresh": "x" * 100}])
    def test_logout_without_a_genuine_token_is_401(
        self, alice: User, caller: Caller, body: dict[str, str]
    ) -> None:
        """Nobody ends what they can't name."""
        assert caller.post("logout/", body).status_code == 401

    def test_logout_all_ends_every_login_of_this_user_alone(
        self, alice: User, caller: Caller, bob: User
    ) -> None:
        """Every device, and nobody else's."""
        mine, bobs = [caller.login(alice) for _ in range(3)], caller.login(bob)

        response = caller.post("logout/all/", bearer=mine[0]["access"])

        assert response.status_code == 204
        for body in mine:
            assert caller.me(body["access"]).status_code == 401
            assert caller.refresh(body["refresh"]).status_code == 401
        assert caller.me(bobs["access"]).status_code == 200

    def test_logout_signal_is_sent_once_for_each_login(
        self, alice: User, caller: Caller, heard: Heard
    ) -> None:
        """What had ended before is written to the denylist again, not told again."""
        told = heard(family_revoked)

        ended, other = caller.login(alice), caller.login(alice)
        caller.logout(ended["access"])
        caller.logout(ended["access"])
        caller.post("logout/all/", bearer=other["access"])

        assert [(facts["reason"], facts["sid"]) for facts in told] == [
            ("logout", sid_of(ended["access"])),
            ("logout_all", sid_of(other["access"])),
        ]

    def test_logout_all_needs_a_live_access_token(
        self, alice: User, caller: Caller
    ) -> None:
        """A stale token may end its own login, not all of them."""
        body = caller.login(alice)
        caller.logout(body["access"])

        response = caller.post("logout/all/", bearer=body["access"])

        assert response.status_code == 401

    def test_reasons_on_record_are_the_documented_ones(
        self, alice: User, caller: Caller
    ) -> None:
        """The reason tells an operator what happened."""
        one, other = caller.login(alice), caller.login(alice)
        caller.logout(one["access"])
        caller.post("logout/all/", bearer=other["access"])

        reasons = TokenFamily.objects.values_list("revoked_reason", flat=True)
        assert set(reasons) == {RevocationReason.LOGOUT, RevocationReason.LOGOUT_ALL}
