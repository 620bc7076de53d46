"""Accounts that share a count because of their names, and names of one account."""

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import override_settings

from demo_project.lockout import GUESSES_FROM_UNKNOWN
from tests.contracts.visitor import PASSWORD
from tests.guard.test_guessing import ELSEWHERE, JSON, guess, used_up
from tests.guard.ways import Device

HERE = __name__
AXES = "axes.backends.AxesStandaloneBackend"
TWINS = ["jesse jeße", "alice ALICE", "fiona ﬁona", "straße STRASSE"]

pytestmark = [pytest.mark.requirement("LGN-01"), pytest.mark.usefixtures("guarded")]


class IgnoringCase(ModelBackend):
    """Takes Alice, ALICE and alice for one."""

    def authenticate(
        self, request: HttpRequest, username: str = "", password: str = "", **_: str
    ) -> User | None:
        user = User.objects.filter(username__iexact=username).first()
        return user if user and user.check_password(password) else None


class ByEmail(ModelBackend):
    """Finds people by another column."""

    def authenticate(
        self, request: HttpRequest, username: str = "", password: str = "", **_: str
    ) -> User | None:
        user = User.objects.filter(email=username).first()
        return user if user and user.check_password(password) else None


def user(name: str, **more: str) -> User:
    """Return a user; Django's forms would have written some names otherwise."""
    password = make_password(PASSWORD)
    return User.objects.create(username=name, password=password, **more)


@pytest.fixture(params=TWINS)
def twins(request: pytest.FixtureRequest, transactional_db: None) -> tuple[str, str]:
    """A victim and a guesser whose names are one when case is ignored."""
    victim, guesser = request.param.split()
    user(victim), user(guesser)
    return victim, guesser


class TestTwins:
    def test_login_of_a_twin_takes_back_no_guess_at_the_other(
        self, twins: tuple[str, str]
    ) -> None:
        """Anybody registers ``jeße``, and would guess at ``jesse`` for ever."""
        victim, guesser = twins
        assert guess(4, name=victim) == [401] * 4
        assert Device(JSON).gets_in(name=guesser)

        assert guess(2, name=victim) == [401, 429]

    def test_address_of_a_twin_is_not_known_to_the_other(
        self, twins: tuple[str, str]
    ) -> None:
        """It is no home of the victim's."""
        victim, guesser = twins
        assert Device(JSON, address=ELSEWHERE).gets_in(name=guesser)
        used_up(GUESSES_FROM_UNKNOWN, victim)

        assert guess(1, name=victim, address=ELSEWHERE) == [429]

    def test_login_takes_back_the_guesses_at_its_own_account(
        self, twins: tuple[str, str]
    ) -> None:
        """Who mistyped twice has five guesses again; the twin's two remain."""
        victim, guesser = twins
        guess(2, name=victim)
        guess(2, name=guesser)
        assert Device(JSON).gets_in(name=victim)

        assert guess(4, name=victim) == [401] * 3 + [429]


class TestOneAccount:
    def test_login_takes_back_guesses_at_names_that_nobody_has(
        self, transactional_db: None
    ) -> None:
        """They were the same person's, who held the shift key down."""
        user("alice")
        guess(4, name="ALICE")
        assert Device(JSON).gets_in()

        assert guess(6) == [401] * 5 + [429]

    def test_spellings_of_one_account_share_the_count_and_the_login(
        self, transactional_db: None
    ) -> None:
        """The backend decides whose name it is, and this one ignores case."""
        user("alice")
        with override_settings(AUTHENTICATION_BACKENDS=[AXES, f"{HERE}.IgnoringCase"]):
            guess(2, name="ALICE")
            guess(2, name="alice")
            assert Device(JSON).gets_in(name="Alice")
            used_up(GUESSES_FROM_UNKNOWN)

            assert guess(1, name="aLICE") == [429]
            assert guess(6, name="Alice") == [401] * 5 + [429]

    def test_other_name_of_an_account_is_taken_back_by_letter(
        self, transactional_db: None
    ) -> None:
        """Whose an e-mail address is, is the backend's secret."""
        user("victim", email="jesse@example.com")
        user("guesser", email="jeße@example.com")
        with override_settings(AUTHENTICATION_BACKENDS=[AXES, f"{HERE}.ByEmail"]):
            guess(2, name="jesse@example.com")
            assert Device(JSON).gets_in(name="jesse@example.com")
            assert guess(4, name="jesse@example.com") == [401] * 4
            assert Device(JSON).gets_in(name="jeße@example.com")

            assert guess(2, name="jesse@example.com") == [401, 429]
