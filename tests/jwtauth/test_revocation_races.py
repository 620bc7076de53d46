"""A login is ended while other requests use it: real threads on PostgreSQL."""

import time
from datetime import timedelta
from functools import partial

import pytest
import redis
from django.contrib.auth.models import User

import jwtauth
from jwtauth.flows.purge import purge, reconcile
from jwtauth.models import TokenFamily
from jwtauth.signals import family_revoked, token_reused
from tests.conftest import Heard
from tests.crowd import Crowd
from tests.jwtauth.caller import Caller, statuses_of
from tests.jwtauth.many_families import write_families

pytestmark = [pytest.mark.serial, pytest.mark.postgres, pytest.mark.slow]

ROUNDS = 100
"""Of each isolation level."""


class TestLogoutRace:
    @pytest.mark.requirement("RTK-16")
    def test_refresh_in_parallel_with_logout_leaves_nothing_that_works(
        self, alice: User, caller: Caller, small_crowd: Crowd
    ) -> None:
        """Once logout has answered, what a refresh in flight got is dead."""
        for _ in range(ROUNDS):
            body = caller.used_login(alice)
            first = body["refresh"]
            *refreshes, logout = small_crowd.all_at_once(
                *[partial(caller.refresh, first)] * (small_crowd.size - 1),
                partial(caller.logout, body["access"]),
            )

            assert logout.status_code == 204
            assert set(statuses_of(refreshes)) <= {200, 401}
            handed_out = [
                answer.json() for answer in refreshes if answer.status_code == 200
            ]
            for pair in [body, *handed_out]:
                assert caller.refresh(pair["refresh"]).status_code == 401
                assert caller.me(pair["access"]).status_code == 401

    @pytest.mark.requirement("RVK-13")
    def test_logout_by_8_threads_is_done_for_all_and_told_once(
        self, alice: User, caller: Caller, small_crowd: Crowd, heard: Heard
    ) -> None:
        """Two tabs log out at once; who listens must not count two."""
        told = heard(family_revoked)

        for round_ in range(1, ROUNDS // 4 + 1):
            access = caller.login(alice)["access"]
            answers = small_crowd.all_at_once(partial(caller.logout, access))

            assert statuses_of(answers) == {204: small_crowd.size}
            assert len(told) == round_

    @pytest.mark.requirement("RVK-03")
    def test_denylist_filled_anew_in_parallel_with_logout_misses_nothing(
        self,
        alice: User,
        caller: Caller,
        small_crowd: Crowd,
        redis_client: redis.Redis,
    ) -> None:
        """The rows may be read before the logout, and believed after it."""
        for _ in range(ROUNDS // 4):
            access = caller.login(alice)["access"]
            redis_client.flushdb()
            *uses, logout = small_crowd.all_at_once(
                *[partial(caller.me, access)] * (small_crowd.size - 1),
                partial(caller.logout, access),
            )

            assert logout.status_code == 204
            # 503: another thread was filling the shard.
            assert set(statuses_of(uses)) <= {200, 401, 503}
            assert caller.me(access).status_code == 401


class TestReuseRace:
    @pytest.mark.requirement("RTK-12")
    def test_reuse_by_20_threads_ends_the_login_and_is_told_once(
        self, alice: User, caller: Caller, crowd: Crowd, heard: Heard
    ) -> None:
        """An alarm per request would bury the one that counts."""
        reused, ended = heard(token_reused), heard(family_revoked)

        for round_ in range(1, ROUNDS // 10 + 1):
            stolen = caller.used_login(alice)["refresh"]
            newest = caller.refreshed(caller.refreshed(stolen)["refresh"])
            answers = crowd.all_at_once(partial(caller.refresh, stolen))

            assert statuses_of(answers) == {401: crowd.size}
            assert (len(reused), len(ended)) == (round_, round_)
            assert caller.refresh(newest["refresh"]).status_code == 401
            assert caller.me(newest["access"]).status_code == 401

    @pytest.mark.requirement("RTK-12", "RTK-16")
    def test_reuse_in_parallel_with_the_owners_refresh_leaves_nothing_that_works(
        self, alice: User, caller: Caller, thief: Caller, small_crowd: Crowd
    ) -> None:
        """Whoever comes first, the login is over once the reuse was found out."""
        for _ in range(ROUNDS // 10):
            stolen = caller.used_login(alice)["refresh"]
            newest = caller.refreshed(caller.refreshed(stolen)["refresh"])
            answers = small_crowd.all_at_once(
                partial(caller.refresh, newest["refresh"]),
                partial(thief.refresh, stolen),
            )

            assert statuses_of(answers[1::2]) == {401: small_crowd.size // 2}
            assert set(statuses_of(answers[::2])) <= {200, 401}
            handed_out = [a.json() for a in answers[::2] if a.status_code == 200]
            for pair in [newest, *handed_out]:
                assert caller.refresh(pair["refresh"]).status_code == 401
                assert caller.me(pair["access"]).status_code == 401


class TestRevokeAllRace:
    @pytest.mark.requirement("RVK-09", "OPS-08")
    def test_login_in_parallel_with_revoke_all_is_ended_or_later(
        self, alice: User, caller: Caller, crowd: Crowd
    ) -> None:
        """Revoke-all under the user's lock misses no login that came before it."""
        for _ in range(ROUNDS // 4):
            before = caller.used_login(alice)
            *logins, ended = crowd.all_at_once(
                *[partial(caller.login, alice)] * (crowd.size - 1),
                partial(jwtauth.revoke_all, alice, "revoked"),
            )

            live = TokenFamily.objects.filter(revoked_at=None).count()
            assert ended >= 1
            assert live == crowd.size - ended
            assert caller.me(before["access"]).status_code == 401
            working = [b for b in logins if caller.me(b["access"]).status_code == 200]
            assert len(working) == live
            jwtauth.revoke_all(alice, "revoked")

    @pytest.mark.requirement("RVK-09", "RTK-16")
    def test_refresh_in_parallel_with_revoke_all_leaves_nothing_that_works(
        self, alice: User, caller: Caller, small_crowd: Crowd
    ) -> None:
        """A refresh in flight must not carry a login over to the other side."""
        for _ in range(ROUNDS // 10):
            logins = [caller.used_login(alice) for _ in range(small_crowd.size - 1)]
            *refreshes, ended = small_crowd.all_at_once(
                *[partial(caller.refresh, pair["refresh"]) for pair in logins],
                partial(jwtauth.revoke_all, alice, "revoked"),
            )

            assert ended == len(logins)
            assert set(statuses_of(refreshes)) <= {200, 401}
            handed_out = [a.json() for a in refreshes if a.status_code == 200]
            for pair in [*logins, *handed_out]:
                assert caller.refresh(pair["refresh"]).status_code == 401
                assert caller.me(pair["access"]).status_code == 401

    @pytest.mark.requirement("RVK-09")
    def test_revoke_all_by_8_threads_ends_each_login_once(
        self, alice: User, caller: Caller, small_crowd: Crowd, heard: Heard
    ) -> None:
        """The counts that callers print add up, and each end is told once."""
        told = heard(family_revoked)

        for _ in range(ROUNDS // 10):
            for _ in range(3):
                caller.login(alice)
            counts = small_crowd.all_at_once(
                partial(jwtauth.revoke_all, alice, "revoked")
            )

            assert sum(counts) == 3
        sids = {family.sid for family in TokenFamily.objects.all()}
        assert sorted(facts["sid"] for facts in told) == sorted(sids)


class TestPurgeRace:
    @pytest.mark.requirement("OPS-08", "OPS-12")
    def test_purge_by_8_threads_deletes_each_row_once(self, small_crowd: Crowd) -> None:
        """Every host has the same cron table, and some a stricter isolation."""
        write_families(400, over_for=timedelta(hours=1))

        deleted = small_crowd.all_at_once(partial(purge, batch=20))

        assert sum(deleted) == 400
        assert not TokenFamily.objects.exists()

    @pytest.mark.requirement("OPS-12", "RVK-03")
    def test_reconcile_in_parallel_with_logout_leaves_nothing_that_works(
        self, alice: User, caller: Caller, small_crowd: Crowd
    ) -> None:
        """It may have read the rows before the logout, and writes after it."""
        for _ in range(ROUNDS // 20):
            ended, live = caller.used_login(alice), caller.used_login(alice)
            *_, logout = small_crowd.all_at_once(
                *[partial(reconcile, batch=2, now=time.time())] * 2,
                *[partial(caller.me, ended["access"])] * (small_crowd.size - 3),
                partial(caller.logout, ended["access"]),
            )

            assert logout.status_code == 204
            assert caller.me(ended["access"]).status_code == 401
            assert caller.me(live["access"]).status_code == 200
