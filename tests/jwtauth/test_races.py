"""What happens at the same time in another request: real threads on PostgreSQL."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import override_settings

import jwtauth
from jwtauth.flows.revoke import revoke_all
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.signals import token_reused
from jwtauth.stores import active_families
from tests import signing_keys
from tests.conftest import Heard
from tests.crowd import Crowd, crowd_of
from tests.jwtauth.browser import REFRESH, Browser
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller, statuses_of

pytestmark = [pytest.mark.serial, pytest.mark.postgres, pytest.mark.slow]

ROUNDS = 100
STEP_UP = f"{PREFIX}account/reauth/"


class TestRefreshRace:
    @pytest.mark.requirement("RTK-09", "OPS-08")
    @pytest.mark.parametrize("atomic", [False, True], ids=["autocommit", "atomic"])
    def test_refresh_by_20_threads_rotates_once(
        self,
        alice: User,
        caller: Caller,
        crowd: Crowd,
        monkeypatch: pytest.MonkeyPatch,
        *,
        atomic: bool,
    ) -> None:
        """Check-then-act lets 17 to 20 of 20 win; one UPDATE lets one."""
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
        token = caller.login(alice)["refresh"]

        for round_ in range(1, ROUNDS + 1):
            answers = crowd.all_at_once(partial(caller.refresh, token))

            assert statuses_of(answers) == {200: crowd.size}
            (token,) = {answer.json()["refresh"] for answer in answers}
            assert TokenFamily.objects.get().generation == round_

    @pytest.mark.requirement("RTK-09", "LOG-06")
    def test_refresh_by_20_threads_strict_denies_cleanly(
        self,
        alice: User,
        caller: Caller,
        crowd: Crowd,
        jwtauth_settings: Callable[..., None],
        heard: Heard,
    ) -> None:
        """Without grace one wins; the others are refused, never failed."""
        jwtauth_settings(
            REFRESH_GRACE_PERIOD=timedelta(0), REFRESH_RETRY_WINDOW=timedelta(0)
        )
        told = heard(token_reused)

        for _ in range(ROUNDS // 4):
            token = caller.login(alice)["refresh"]
            answers = crowd.all_at_once(partial(caller.refresh, token))

            assert statuses_of(answers) == {200: 1, 401: crowd.size - 1}

        # RTK-12: reuse is on record, and was told once for each family.
        reasons = TokenFamily.objects.values_list("revoked_reason", flat=True)
        assert set(reasons) == {RevocationReason.REUSE}
        reused = [facts["sid"] for facts in told]
        assert Counter(reused) == dict.fromkeys(reused, 1)
        assert len(reused) == ROUNDS // 4

    @pytest.mark.requirement("RTK-09")
    def test_refresh_by_two_processes_rotates_once(
        self, alice: User, caller: Caller
    ) -> None:
        """No lock of one process may be what holds: workers share nothing."""
        token = caller.login(alice)["refresh"]
        with ExitStack() as cleanup:
            workers = [cleanup.enter_context(_other_process()) for _ in range(2)]
            for round_ in range(1, ROUNDS + 1):
                for worker in workers:
                    worker.stdin.write(token + "\n")
                    worker.stdin.flush()
                answers = {worker.stdout.readline() for worker in workers}

                (answer,) = answers
                status, token = answer.split()
                assert status == "200"
                assert TokenFamily.objects.get().generation == round_

    @pytest.mark.requirement("RTK-25")
    def test_refresh_race_in_two_contexts_both_answers_in_either_order_go_on(
        self, alice: User, caller: Caller, thief: Caller, crowd: Crowd
    ) -> None:
        """Two contexts at once: whoever refreshes first goes on, never a 5xx."""
        for _ in range(ROUNDS // 4):
            token = caller.login(alice)["refresh"]
            answers = crowd.all_at_once(
                partial(caller.refresh, token), partial(thief.refresh, token)
            )

            # 503 is the honest answer after three lost races; nothing is lost.
            assert set(statuses_of(answers)) <= {200, 503}
            assert TokenFamily.objects.latest("created_at").generation == 1


class SlowBackend(ModelBackend):
    """Proves the user, then lets the test change the password before going on."""

    proved = threading.Event()
    go_on = threading.Event()

    def authenticate(
        self, request: HttpRequest | None, **credentials: str
    ) -> AbstractBaseUser | None:
        user = super().authenticate(request, **credentials)
        self.proved.set()
        self.go_on.wait(30)
        return user


class TestLoginRace:
    @pytest.mark.parametrize("change", ["password", "deactivation", "deletion"])
    def test_login_user_changed_while_being_checked_gets_no_login(
        self, alice: User, caller: Caller, isolation: str, change: str
    ) -> None:
        """Else a login begun with the old password would outlive its change."""
        SlowBackend.proved.clear()
        SlowBackend.go_on.clear()
        path = f"{__name__}.SlowBackend"
        answers: list[HttpResponse] = []

        def log_in() -> None:
            body = {"username": "alice", "password": "correct horse battery staple"}
            answers.append(caller.post("token/", body))
            connections.close_all()

        with override_settings(AUTHENTICATION_BACKENDS=[path]):
            thread = threading.Thread(target=log_in)
            thread.start()
            assert SlowBackend.proved.wait(30)
            if change == "password":
                alice.set_password("another")
                alice.save()
            elif change == "deactivation":
                User.objects.update(is_active=False)
            else:
                User.objects.all().delete()
            SlowBackend.go_on.set()
            thread.join(30)

        assert answers[0].status_code == 401
        assert answers[0].json() == {
            "detail": "No active account found with the given credentials"
        }
        assert not TokenFamily.objects.exists()


class TestLimitRace:
    @pytest.mark.requirement("LST-04", "OPS-08")
    @pytest.mark.parametrize("policy", ["evict_oldest", "deny"])
    def test_login_by_10_threads_keeps_the_limit(
        self,
        alice: User,
        caller: Caller,
        isolation: str,
        jwtauth_settings: Callable[..., None],
        policy: str,
    ) -> None:
        """Count-then-insert lets every thread in that counted before the first wrote.

        At REPEATABLE READ that includes those who waited for a lock.
        """
        jwtauth_settings(MAX_SESSIONS_PER_USER=3, SESSION_LIMIT_POLICY=policy)
        credentials = {"username": "alice", "password": "correct horse battery staple"}

        with crowd_of(10) as crowd:
            for _ in range(5):
                answers = crowd.all_at_once(partial(caller.post, "token/", credentials))

                live = TokenFamily.objects.filter(revoked_at=None)
                assert live.count() == 3
                assert statuses_of(answers)[200] == (
                    10 if policy == "evict_oldest" else 3
                )
                jwtauth.revoke_all(alice, "revoked")


@contextmanager
def _other_process() -> Iterator[subprocess.Popen[str]]:
    """Start a worker on the test's database; it ends when its input does."""
    database = connection.settings_dict["NAME"]
    command = [sys.executable, "-m", "tests.jwtauth.refreshing_process", database]
    keys = {signing_keys.VARIABLE: json.dumps(signing_keys.load())}
    with subprocess.Popen(  # noqa: S603 # our own module
        command,
        env=os.environ | keys,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        yield worker
        worker.stdin.close()


class TestStepUpRace:
    @pytest.mark.requirement("OPS-08")
    def test_step_up_by_8_threads_gives_one_login(
        self, alice: User, small_crowd: Crowd
    ) -> None:
        """A login goes on once: a copy of it that steps up at the same time is out."""
        browser = Browser()
        for _ in range(ROUNDS // 10):
            browser.login(alice)
            browser.get(STEP_UP)
            copies = [browser.copy() for _ in range(small_crowd.size)]
            answers = small_crowd.all_at_once(
                *(
                    partial(copy.post_form, STEP_UP, password=PASSWORD, next="/")
                    for copy in copies
                )
            )

            assert statuses_of(answers) == {302: small_crowd.size}
            ways = Counter(answer["Location"] for answer in answers)
            assert ways.pop("/") == 1
            assert set(ways) == {f"{PREFIX}login/?next=/"}
            assert active_families.active(alice.pk).count() == 1
            # Whoever lost leaves the cookies of the one who won alone.
            set_by = [answer for answer in answers if REFRESH in answer.cookies]
            assert [answer["Location"] for answer in set_by] == ["/"]
            revoke_all(alice.pk, reason=RevocationReason.REVOKED, now=time.time())

    def test_step_up_that_meets_the_end_of_all_logins_survives_it_in_no_order(
        self, alice: User, small_crowd: Crowd
    ) -> None:
        """Either it comes first and ends with the others, or the login had ended."""
        everything = partial(
            revoke_all, alice.pk, reason=RevocationReason.REVOKED, now=time.time()
        )
        for _ in range(ROUNDS // 10):
            browser = Browser()
            browser.login(alice)
            browser.get(STEP_UP)
            small_crowd.all_at_once(
                partial(browser.copy().post_form, STEP_UP, password=PASSWORD),
                everything,
            )

            assert active_families.active(alice.pk).count() == 0
