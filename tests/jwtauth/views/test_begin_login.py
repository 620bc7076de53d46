"""What ends so that a login may begin, by the page and in JSON."""

import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.stores import users
from tests.jwtauth.browser import (
    ACCESS,
    CSRF,
    REFRESH,
    Browser,
    Tags,
)
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller

LOGIN = f"{PREFIX}login/"


class TestInPlaceOfAnother:
    @pytest.mark.requirement("RVK-03")
    def test_login_ends_the_login_whose_cookies_it_overwrites(
        self, alice: User, bob: User, caller: Caller
    ) -> None:
        """Nobody could log it out any more."""
        browser = Browser()
        browser.log_in_by_page(alice)
        old = browser.credentials

        browser.log_in_by_page(bob)

        assert browser.me().json()["id"] == bob.pk
        assert caller.refresh(old[REFRESH]).status_code == 401
        ended = TokenFamily.objects.get(user=alice)
        assert ended.revoked_reason == RevocationReason.LOGOUT

    @pytest.mark.requirement("RVK-03")
    def test_login_whose_row_is_gone_ends_its_access_token_all_the_same(
        self, alice: User, bob: User, caller: Caller
    ) -> None:
        """A restored backup may lack the row; who copied the token must not keep it."""
        browser = Browser()
        browser.log_in_by_page(alice)
        old = browser.credentials[ACCESS]
        # The shard is known from now on: only the entry can tell.
        assert caller.me(old).status_code == 200
        TokenFamily.objects.all().delete()

        browser.log_in_by_page(bob)

        assert caller.me(old).status_code == 401
        assert browser.me().json()["id"] == bob.pk

    @pytest.mark.requirement("RVK-03")
    def test_login_that_overwrites_no_cookies_ends_nothing(self, alice: User) -> None:
        """A bearer login leaves the jar as it is: the browser is still logged in."""
        browser = Browser()
        browser.log_in_by_page(alice)
        body = {"username": "alice", "password": PASSWORD, "delivery": "bearer"}

        response = browser.post(f"{PREFIX}token/", body)

        assert response.status_code == 200
        assert response.json()["refresh"]
        assert browser.me().status_code == 200
        assert TokenFamily.objects.filter(revoked_at=None).count() == 2

    def test_login_that_is_refused_ends_nothing(self, alice: User) -> None:
        """A slip of the finger logs nobody out."""
        browser = Browser()
        browser.log_in_by_page(alice)

        browser.log_in_by_page(alice, password="wrong")

        assert browser.me().status_code == 200

    def test_login_sees_a_hash_that_changed_meanwhile(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Another login at the same moment stored the password anew."""
        lock = users.lock_unchanged
        calls: list[None] = []

        def rehashed(*args: object, **kwargs: object) -> object:
            if not calls:
                fresh = User.objects.get(pk=alice.pk)
                fresh.set_password(PASSWORD)
                User.objects.filter(pk=alice.pk).update(password=fresh.password)
            calls.append(None)
            return lock(*args, **kwargs)  # type: ignore[arg-type] # passed on

        monkeypatch.setattr(users, "lock_unchanged", rehashed)

        assert Browser().log_in_by_page(alice).status_code == 302
        assert len(calls) == 2

    def test_login_with_a_password_that_changed_meanwhile_is_refused(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A login begun with the old password must not outlive its change."""
        lock = users.lock_unchanged

        def changed(*args: object, **kwargs: object) -> object:
            fresh = User.objects.get(pk=alice.pk)
            fresh.set_password("another one")
            User.objects.filter(pk=alice.pk).update(password=fresh.password)
            return lock(*args, **kwargs)  # type: ignore[arg-type] # passed on

        monkeypatch.setattr(users, "lock_unchanged", changed)
        response = Browser().log_in_by_page(alice)

        assert response.status_code == 200
        assert b"Please enter a correct username" in response.content
        assert not TokenFamily.objects.exists()


@pytest.mark.requirement("LST-04")
class TestLimit:
    @pytest.fixture(autouse=True)
    def _one_denied(self, jwtauth_settings: Callable[..., None]) -> None:
        jwtauth_settings(MAX_SESSIONS_PER_USER=1, SESSION_LIMIT_POLICY="deny")

    def test_one_too_many_is_offered_a_second_button(self, alice: User) -> None:
        """The password was right: it is for the user to say what ends."""
        first, second = Browser(), Browser()
        first.log_in_by_page(alice)

        refused = second.log_in_by_page(alice)
        statuses = [first.me().status_code, second.me().status_code]
        (button,) = [
            a
            for t, a in Tags(refused.content).found
            if t == "button" and a.get("name") == "end_oldest"
        ]
        accepted = second.log_in_by_page(alice, end_oldest=str(button["value"]))

        assert refused.status_code == 200
        assert b"as many devices as allowed" in refused.content
        assert b"Log in and end the oldest login" in refused.content
        assert statuses == [200, 401]
        assert accepted.status_code == 302
        assert [first.me().status_code, second.me().status_code] == [401, 200]

    def test_second_button_with_a_wrong_password_ends_nothing(
        self, alice: User
    ) -> None:
        """Else whoever knows a name could log its owner out."""
        browser = Browser()
        browser.log_in_by_page(alice)

        response = Browser().log_in_by_page(alice, password="wrong", end_oldest="on")

        assert b"as many devices" not in response.content
        assert browser.me().status_code == 200

    @pytest.mark.parametrize("again", ["log_in_by_page", "try_login"])
    def test_login_again_in_the_same_browser_is_never_refused(
        self, alice: User, again: str
    ) -> None:
        """It takes the place of its own login; by JSON as well."""
        browser = Browser()
        browser.log_in_by_page(alice)

        assert getattr(browser, again)(alice).status_code in {200, 302}

        assert browser.me().status_code == 200
        assert TokenFamily.objects.filter(revoked_at=None).count() == 1

    def test_refused_login_leaves_that_of_another_user_alone(
        self, alice: User, bob: User
    ) -> None:
        """Nothing ends for a login that does not begin."""
        browser = Browser()
        browser.log_in_by_page(bob)
        Browser().log_in_by_page(alice)

        assert browser.log_in_by_page(alice).status_code == 200

        assert browser.me().json()["id"] == bob.pk

    @pytest.mark.serial
    def test_logins_again_at_once_are_one_login(self, alice: User) -> None:
        """Two tabs of one browser that both log in hold the limit, and none hangs."""
        first = Browser()
        first.log_in_by_page(alice)
        tabs = [Browser() for _ in range(4)]
        for tab in tabs:
            for name in (ACCESS, REFRESH, CSRF):
                tab.keep(name, first.cookie(name))
        statuses: list[int] = []

        def submit(tab: Browser) -> None:
            from django.db import connection  # noqa: PLC0415 # this thread's own

            body = {"username": "alice", "password": PASSWORD}
            statuses.append(tab.post_form(LOGIN, **body).status_code)
            connection.close()

        threads = [threading.Thread(target=submit, args=(tab,)) for tab in tabs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)

        assert sorted(statuses) == [200, 200, 200, 302]
        assert TokenFamily.objects.filter(revoked_at=None).count() == 1
