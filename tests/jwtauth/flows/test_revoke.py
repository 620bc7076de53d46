"""Ending several logins at once: the same effects as one by one."""

import time
from collections.abc import Collection
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

import jwtauth
from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.exceptions import DenylistDown
from jwtauth.flows.purge import reconcile
from jwtauth.flows.revoke import revoke_families
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.signals import family_revoked
from tests.conftest import Heard
from tests.crowd import crowd_of
from tests.faults import full
from tests.jwtauth.caller import Caller


def all_sids() -> list[bytes]:
    return [pk.bytes for pk in TokenFamily.objects.values_list("pk", flat=True)]


def end(sids: Collection[bytes], told: list[str]) -> None:
    """End logins as an operator does; ``told`` collects what this call ended."""
    revoke_families(
        sids, reason=RevocationReason.REVOKED, now=time.time(), on_ended=told.extend
    )


@pytest.mark.requirement("RVK-12")
class TestRevokeFamilies:
    def test_revoke_several_access_and_refresh_tokens_stop_and_others_do_not(
        self, alice: User, caller: Caller
    ) -> None:
        """Many at once must be as final as one."""
        first, second = caller.login(alice), caller.login(alice)
        ended = all_sids()
        spared = caller.login(alice)

        end(ended, [])

        for pair in (first, second):
            assert caller.me(pair["access"]).status_code == 401
            assert caller.refresh(pair["refresh"]).status_code == 401
        assert caller.me(spared["access"]).status_code == 200

    def test_revoke_twice_is_told_once(
        self, alice: User, caller: Caller, heard: Heard
    ) -> None:
        """A mail for each login, not for each click."""
        told = heard(family_revoked)
        caller.login(alice)
        log: list[str] = []

        end(all_sids(), log)
        end(all_sids(), log)

        assert len(told) == 1
        assert log == [TokenFamily.objects.get().sid]

    def test_revoke_hundred_costs_no_more_statements_than_one(
        self, alice: User, caller: Caller
    ) -> None:
        """An operator ends them all in one request."""
        statements = []
        for size in (1, 100):
            for _ in range(size):
                caller.login(alice)
            with CaptureQueriesContext(connection) as captured:
                end(all_sids(), [])
            statements.append(len(captured))

        assert statements[0] == statements[1]

    def test_revoke_redis_down_ends_all_the_same_and_again_repairs(
        self, alice: User, caller: Caller, server: EmbeddedValkey
    ) -> None:
        """What has ended has ended; the repetition reaches the access tokens."""
        access = caller.login(alice)["access"]
        assert caller.me(access).status_code == 200
        log: list[str] = []

        with full(server), pytest.raises(DenylistDown):
            end(all_sids(), log)
        assert log == [TokenFamily.objects.get().sid]
        assert caller.me(access).status_code == 200

        end(all_sids(), [])

        assert caller.me(access).status_code == 401


@pytest.mark.serial
@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.usefixtures("transactional_db")
class TestRevokeRace:
    @pytest.mark.requirement("RVK-12")
    def test_revoke_the_same_by_8_threads_each_login_is_told_once(
        self, alice: User, caller: Caller, heard: Heard
    ) -> None:
        """Two operators who see the same theft click at the same moment."""
        told = heard(family_revoked)
        log: list[str] = []
        with crowd_of(8) as crowd:
            for _ in range(20):
                for _ in range(4):
                    caller.login(alice)
                crowd.all_at_once(partial(end, all_sids(), log))

        sids = [facts["sid"] for facts in told]
        assert len(sids) == len(set(sids)) == 80
        assert sorted(log) == sorted(sids)


@pytest.mark.serial
class TestTransactionOfTheCaller:
    @pytest.mark.requirement("RVK-05", "RVK-09")
    def test_revoke_all_redis_down_is_committed_logged_and_made_up_for(
        self,
        alice: User,
        caller: Caller,
        server: EmbeddedValkey,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Raised from the commit it would keep the caller's own hooks from running."""
        access_token = caller.login(alice)["access"]
        hooks: list[str] = []

        with full(server), transaction.atomic():
            jwtauth.revoke_all(alice, "revoked")
            transaction.on_commit(lambda: hooks.append("a mail"))

        assert hooks == ["a mail"]
        assert "denylist down, entries missing" in caplog.messages
        assert reconcile(batch=1000, now=time.time()) == 1
        assert caller.me(access_token).status_code == 401
