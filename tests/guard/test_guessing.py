"""How many guesses there are, for whom, and what they leave behind."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.core.management import call_command
from django.db.models import F
from django.test import RequestFactory, override_settings

from demo_project.lockout import (
    ACCOUNT_FORGETS_AFTER,
    ANYWHERE,
    GUESSES_FROM_UNKNOWN,
    GUESSES_IN_ALL,
)
from tests.contracts.visitor import PASSWORD
from tests.guard.ways import HOME, LOGINS, Device, Way
from tests.settings import JWTAUTH

ELSEWHERE = "203.0.113.7"
JSON = LOGINS[0]

pytestmark = [pytest.mark.requirement("LGN-01"), pytest.mark.usefixtures("guarded")]


def later(by: timedelta) -> None:
    """Let time pass for the counts."""
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - by)


def guess(count: int, *, address: str = HOME, name: str = "alice") -> list[int]:
    """Return the answers to so many wrong passwords, one after another."""
    device = Device(JSON, address=address)
    return [device.tries(f"wrong-{i}", name).status_code for i in range(count)]


def flood(count: int, *, octet: int = 0) -> list[int]:
    """Return the answers to guesses from as many addresses."""
    return [
        guess(1, address=f"10.{octet}.{i // 250}.{i % 250 + 1}")[0]
        for i in range(count)
    ]


def used_up(count: int, name: str = "alice") -> None:
    """Have so many guesses at ``name`` behind us, all from other addresses."""
    guess(1, address="10.9.9.9", name=name)
    AccessAttempt.objects.filter(ip_address=ANYWHERE).update(failures_since_start=count)


class TestOneAddress:
    def test_five_guesses_are_free_and_then_each_waits_twice_as_long(
        self, alice: User
    ) -> None:
        """A mistyped password costs nothing, a list of passwords costs for ever."""
        assert guess(6) == [401] * 5 + [429]
        for minutes in (1, 2, 4, 8, 16, 32, 60, 60):
            later(timedelta(minutes=minutes, seconds=-30))
            assert guess(1) == [429]
            later(timedelta(seconds=30))
            assert guess(2) == [401, 429]

    def test_refused_guesses_make_the_wait_no_longer(self, alice: User) -> None:
        """Who keeps trying while it waits would never get in again."""
        guess(30)

        later(timedelta(minutes=1))

        assert Device(JSON).gets_in()

    def test_login_begins_the_count_anew(self, alice: User) -> None:
        """Only failures in a row are a guesser's."""
        guess(4)
        assert Device(JSON).gets_in()

        assert guess(6) == [401] * 5 + [429]

    def test_login_takes_back_no_guess_that_failed_in_the_same_request(
        self, alice: User
    ) -> None:
        """A view may try one name, and then log somebody else in."""
        bob = User.objects.create_user("bob")
        for i in range(5):
            request = RequestFactory().post("/", REMOTE_ADDR=HOME)
            assert authenticate(request, username="alice", password=f"{i}") is None
            user_logged_in.send(User, request=request, user=bob)

        assert guess(1) == [429]

    def test_other_logins_do_not_end_the_wait(self, alice: User) -> None:
        """A guesser with an account of his own could log in to it in between."""
        User.objects.create_user("mallory", password=PASSWORD)
        guess(5)
        assert Device(JSON).gets_in(name="mallory")

        assert guess(1) == [429]

    def test_address_forgets_after_a_day(self, alice: User) -> None:
        """Nobody waits for an hour because of last week."""
        guess(5)

        later(timedelta(days=1, seconds=1))

        assert guess(6) == [401] * 5 + [429]

    def test_ways_in_share_the_count(self, alice: User) -> None:
        """Otherwise each new page would bring five guesses more."""
        for i in range(5):
            assert not Device(LOGINS[i % len(LOGINS)]).gets_in(f"wrong-{i}")

        assert {Device(way).tries(PASSWORD).status_code for way in LOGINS} == {429}

    def test_spellings_of_a_name_share_the_count(self, alice: User) -> None:
        """Backends that take no notice of case would give 32 accounts for one."""
        names = ["alice", "Alice", "ALICE", "aLice", "alicE"]
        for name in names:
            guess(1, name=name)

        assert guess(1) == [429]

    def test_name_longer_than_any_column_is_no_fault(self, alice: User) -> None:
        """PostgreSQL refuses what is too long, and a refusal would be a 500."""
        assert guess(6, name="x" * 300) == [401] * 5 + [429]


class TestAddress:
    def test_victim_gets_in_from_elsewhere(self, alice: User) -> None:
        """Five wrong passwords must not be a way to lock somebody out."""
        assert guess(20, address=ELSEWHERE)[-1] == 429

        assert Device(JSON, address=HOME).gets_in()

    def test_login_elsewhere_leaves_the_guesser_waiting(self, alice: User) -> None:
        """The victim's login is no news about the guesser."""
        guess(5, address=ELSEWHERE)
        assert Device(JSON, address=HOME).gets_in()

        assert guess(1, address=ELSEWHERE) == [429]

    def test_header_of_the_senders_own_gives_no_other_address(
        self, alice: User
    ) -> None:
        """Without a proxy of ours anybody writes X-Forwarded-For."""
        answers = [
            Device(JSON, forwarded=f"198.51.100.{i}").tries("wrong").status_code
            for i in range(6)
        ]

        assert answers == [401] * 5 + [429]

    def test_addresses_behind_our_proxy_are_told_apart_by_what_it_wrote(
        self, alice: User
    ) -> None:
        """The apps' trusted hops are the guard's: one truth about addresses."""
        hops = {"TRUSTED_PROXY_HOPS": 1}
        with override_settings(SESSIONAUTH=hops, JWTAUTH=JWTAUTH | hops):
            for i in range(6):
                forged = f"198.51.100.{i}, {ELSEWHERE}"
                last = Device(JSON, forwarded=forged).tries("wrong")
            other = Device(JSON, forwarded=f"{ELSEWHERE}, {HOME}")

            assert last.status_code == 429
            assert other.gets_in()

    def test_subscriber_of_ipv6_has_one_address(self, alice: User) -> None:
        """Everybody has 2**64 of them."""
        for i in range(5):
            guess(1, address=f"2001:db8:1:2::{i + 1}")

        assert guess(1, address="2001:db8:1:2:ffff::9") == [429]
        assert guess(1, address="2001:db8:1:3::1") == [401]


class TestAccount:
    def test_flood_from_everywhere_ends_and_the_victim_gets_in_from_home(
        self, alice: User
    ) -> None:
        """A botnet has any number of addresses, the victim has one that is known."""
        assert Device(JSON, address=HOME).gets_in()

        answers = flood(GUESSES_FROM_UNKNOWN + 5)

        assert answers == [401] * GUESSES_FROM_UNKNOWN + [429] * 5
        assert Device(JSON, address=HOME).gets_in()

    def test_login_from_home_opens_the_account_to_all(self, alice: User) -> None:
        """Failures count in a row: the owner was there."""
        assert Device(JSON, address=HOME).gets_in()
        used_up(GUESSES_FROM_UNKNOWN)
        assert guess(1, address=ELSEWHERE) == [429]

        assert Device(JSON, address=HOME).gets_in()

        assert guess(1, address=ELSEWHERE) == [401]

    def test_hundred_guesses_in_a_row_are_all_that_there_are(self, alice: User) -> None:
        """NIST SP 800-63B-4 §3.2.2, whoever shares the victim's address."""
        assert Device(JSON, address=HOME).gets_in()
        used_up(GUESSES_IN_ALL - 1)

        assert guess(2, address=HOME) == [401, 429]
        later(timedelta(days=2))
        assert guess(1, address=HOME) == [429]

    def test_address_that_was_known_long_ago_is_known_no_more(
        self, alice: User
    ) -> None:
        """It may be anybody's by now."""
        assert Device(JSON, address=HOME).gets_in()
        AccessLog.objects.update(attempt_time=F("attempt_time") - timedelta(days=91))
        used_up(GUESSES_FROM_UNKNOWN)

        assert guess(1, address=HOME) == [429]

    def test_address_is_known_to_its_own_account_alone(self, alice: User) -> None:
        """A guesser logs in to an account of his own first."""
        User.objects.create_user("mallory", password=PASSWORD)
        assert Device(JSON, address=ELSEWHERE).gets_in(name="mallory")
        used_up(GUESSES_FROM_UNKNOWN)

        assert guess(1, address=ELSEWHERE) == [429]

    def test_account_forgets_after_a_month_without_guesses(self, alice: User) -> None:
        """Nobody is locked out for ever, with nobody there to unlock."""
        used_up(GUESSES_FROM_UNKNOWN)

        later(ACCOUNT_FORGETS_AFTER + timedelta(seconds=1))

        assert guess(1) == [401]

    def test_operator_unlocks_by_name(self, alice: User) -> None:
        """As the how-to says, in any spelling."""
        used_up(GUESSES_FROM_UNKNOWN)
        guess(5, address=ELSEWHERE)

        call_command("axes_reset_username", "Alice", verbosity=0)

        assert guess(1, address=ELSEWHERE) == [401]


class TestTraces:
    def test_no_password_body_or_browser_is_kept(self, alice: User, way: Way) -> None:
        """Forms have one-time codes and tokens in them, and axes would keep all."""
        device = Device(way)
        device.tries("hunter2-hunter2", otp="one-time-code")
        assert device.gets_in()

        assert AccessAttempt.objects.exists()
        for row in [*AccessAttempt.objects.values(), *AccessLog.objects.values()]:
            assert "hunter2" not in str(row)
            assert "one-time-code" not in str(row)
            assert {row["user_agent"], row["http_accept"]} == {""}
        assert not AccessFailureLog.objects.exists()

    def test_old_counts_are_deleted_as_others_are_written(self, alice: User) -> None:
        """Names and addresses are personal data."""
        guess(1, name="nobody", address=ELSEWHERE)
        later(timedelta(days=1, seconds=1))
        guess(1)

        assert not AccessAttempt.objects.filter(ip_address=ELSEWHERE).exists()
        assert AccessAttempt.objects.filter(username="nobody").count() == 1
        later(ACCOUNT_FORGETS_AFTER)
        guess(1)
        assert not AccessAttempt.objects.filter(username="nobody").exists()

    def test_count_that_was_just_taken_back_is_deleted_later(self, alice: User) -> None:
        """A guess that is about to find the row would have nowhere to count."""
        guess(1)
        Device(JSON).gets_in()
        guess(1, name="nobody", address=ELSEWHERE)

        assert AccessAttempt.objects.filter(username="alice").count() == 2
        later(timedelta(minutes=2))
        guess(1, name="nobody", address=ELSEWHERE)
        assert not AccessAttempt.objects.filter(username="alice").exists()

    def test_cleaning_looks_at_a_few_counts_alone(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many names somebody invents, a failed login costs the same."""
        counts = [
            AccessAttempt(
                username=f"old{i}", ip_address=ELSEWHERE, failures_since_start=0
            )
            for i in range(250)
        ]
        AccessAttempt.objects.bulk_create(counts)
        later(timedelta(minutes=2))
        monkeypatch.setattr("demo_project.lockout.randint", lambda _first, last: last)

        guess(1)

        left = AccessAttempt.objects.filter(ip_address=ELSEWHERE)
        assert 150 <= left.count() < 250
        assert left.filter(username="old0").exists()

    def test_login_without_tokens_in_cookies_makes_no_session(
        self, alice: User, redis_client: object
    ) -> None:
        """The log of axes makes one for each login, to have its id."""
        assert Device(JSON).gets_in()

        assert not list(redis_client.scan_iter("*session*"))  # type: ignore[attr-defined]
