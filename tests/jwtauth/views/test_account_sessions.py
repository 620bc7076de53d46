"""``account/sessions/``: the page that shows where a user is logged in."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.stores.ended_families import SHOWN_REUSED
from tests.faults import unreachable
from tests.jwtauth.browser import ACCESS, CSRF, Browser
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller
from tests.jwtauth.conftest import age
from tests.jwtauth.many_families import write_families

PAGE = PREFIX + "account/sessions/"
STEP_UP = PREFIX + "account/reauth/"
LOGIN = PREFIX + "login/"
OLD = timedelta(minutes=16)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1"
)


def shown(browser: Browser) -> dict[str, Any]:
    """What the template is given."""
    response = browser.get(PAGE)
    assert response.status_code == 200, response.content
    context: dict[str, Any] = response.context
    return context


def end(browser: Browser, what: str) -> HttpResponse:
    return browser.post_form(PAGE, end=what)


def told(response: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def add_families(user: User, number: int, *, first: int = 1) -> None:
    """More logins of a user, at least as active as any."""
    rows = write_families(number, over_for=-timedelta(days=1), first=first)
    TokenFamily.objects.filter(pk__in=[row.pk for row in rows]).update(user=user)


@pytest.fixture
def other(alice: User) -> Browser:
    """Another browser of alice."""
    other = Browser(SAFARI)
    other.login(alice)
    # The denylist reads what it holds when it is first asked.
    assert other.me().status_code == 200
    return other


@pytest.fixture
def others_handle(other: Browser) -> str:
    return TokenFamily.objects.get(device=SAFARI).sid


class TestList:
    @pytest.mark.requirement("LST-01")
    def test_list_has_every_login_in_words_this_one_first(
        self, browser: Browser, other: Browser
    ) -> None:
        """Who can't tell the own devices apart can't find the one that is none."""
        other.refresh()

        context = shown(browser)

        mine, his = context["logins"]
        assert set(mine) == {
            "handle",
            "browser",
            "system",
            "device",
            "address",
            "created_at",
            "last_used_at",
            "expires_at",
            "current",
        }
        assert (mine["current"], his["current"]) == (True, False)
        assert (his["browser"], his["system"]) == ("Safari", "iPhone")
        assert (mine["browser"], mine["system"]) == ("", "")
        assert (mine["device"], his["device"]) == ("Browser/1.0", "Safari on iPhone")
        assert his["address"] == "127.0.0.1"
        assert his["created_at"] < his["last_used_at"] < his["expires_at"]
        assert context["has_others"] is True
        assert context["lost_copies"] == []

    @pytest.mark.requirement("LST-01")
    def test_html_says_what_a_user_looks_for(
        self, browser: Browser, others_handle: str
    ) -> None:
        """Each login with its own button; this one with a logout."""
        html = browser.get(PAGE).content.decode()

        for text in ("Safari on iPhone", "Browser/1.0", "This device", "127.0.0.1"):
            assert text in html
        assert html.count('name="end"') == 2
        assert f'value="{others_handle}"' in html
        assert f'action="{PREFIX}logout/"' in html

    @pytest.mark.requirement("LST-01")
    def test_html_holds_no_secret(self, browser: Browser, other: Browser) -> None:
        """A handle logs nobody in; everything else that is stored stays there."""
        html = browser.get(PAGE).content.decode()

        for token in (*browser.credentials.values(), *other.credentials.values()):
            assert token not in html
            assert token.rpartition(".")[2][-30:] not in html
        for row in TokenFamily.objects.values():
            for name in ("secret_hash", "nonce", "context", "binding"):
                secret = bytes(row[name])
                assert secret.hex() not in html
                for encode in (b64encode, urlsafe_b64encode):
                    assert encode(secret).decode().rstrip("=") not in html

    def test_html_of_a_hostile_user_agent_is_text(self, alice: User) -> None:
        """A thief's browser may call itself anything."""
        browser = Browser("<script>alert(1)</script>")
        browser.login(alice)

        assert "<script" not in browser.get(PAGE).content.decode()

    def test_list_leaves_out_what_is_over_and_what_is_another_users(
        self, browser: Browser, other: Browser, bob: User, caller: Caller
    ) -> None:
        """Nobody has to wonder about it."""
        caller.login(bob)
        other.post(f"{PREFIX}logout/")

        context = shown(browser)

        assert [login["current"] for login in context["logins"]] == [True]
        assert context["has_others"] is False

    def test_list_costs_as_many_statements_for_many_logins(
        self, alice: User, browser: Browser
    ) -> None:
        """However often somebody logs in, the page stays as quick."""

        def statements() -> int:
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(PAGE).status_code == 200
            return len(captured)

        # The denylist reads the database where it was never asked before.
        assert browser.me().status_code == 200
        few = statements()
        add_families(alice, 30)

        assert len(shown(browser)["logins"]) == 31
        assert statements() == few == 3

    def test_list_after_the_access_token_died_is_renewed_in_place(
        self, browser: Browser
    ) -> None:
        """A page stays usable past the access token's lifetime."""
        browser.drop(ACCESS)

        assert browser.get(PAGE).status_code == 200
        assert browser.me().status_code == 200

    def test_list_for_nobody_leads_to_the_login_page(self, alice: User) -> None:
        """That of the same mount."""
        response = Browser().get(PAGE)

        assert (response.status_code, response["Location"]) == (
            302,
            f"{LOGIN}?next={PAGE}",
        )

    def test_list_is_kept_out_of_caches(self, browser: Browser) -> None:
        """Addresses are personal."""
        assert "no-store" in browser.get(PAGE)["Cache-Control"]

    def test_list_where_no_cookies_are_delivered_is_404(
        self, browser: Browser, jwtauth_settings: Callable[..., None]
    ) -> None:
        """The page is for browsers."""
        jwtauth_settings(DELIVERY={"bearer"})

        assert browser.get(PAGE).status_code == 404

    def test_list_while_redis_is_down_is_503_and_keeps_the_cookies(
        self, browser: Browser
    ) -> None:
        """Not known is neither logged in nor logged out."""
        held = browser.credentials

        with unreachable():
            response = browser.get(PAGE)

        assert response.status_code == 503
        assert browser.credentials == held


class TestLostCopies:
    @pytest.fixture
    def thief(self, other: Browser) -> Browser:
        """Somebody with an old copy of the cookies of another browser."""
        thief = Browser("Thief/6.6")
        for name, value in other.credentials.items():
            thief.keep(name, value)
        thief.keep(CSRF, other.cookie(CSRF))
        return thief

    def test_login_that_ended_for_an_old_copy_is_told_in_plain_words(
        self, browser: Browser, other: Browser, thief: Browser
    ) -> None:
        """The user alone knows whether that was a theft."""
        for _ in range(2):
            assert other.refresh().status_code == 200
        assert thief.refresh().status_code == 401

        response = browser.get(PAGE)

        (lost,) = response.context["lost_copies"]
        assert set(lost) == {"device", "address", "ended_at"}
        assert (lost["device"], lost["address"]) == ("Safari on iPhone", "127.0.0.1")
        assert lost["ended_at"].utcoffset() == timedelta(0)
        assert "An old copy of one of your logins was used" in response.content.decode()

    @pytest.mark.parametrize(
        ("days", "reason", "told"),
        [
            (29, RevocationReason.REUSE, 1),
            (31, RevocationReason.REUSE, 0),
            (1, RevocationReason.LOGOUT, 0),
        ],
    )
    def test_warning_is_for_reuse_of_the_last_thirty_days(
        self,
        browser: Browser,
        others_handle: str,
        days: int,
        reason: RevocationReason,
        told: int,
    ) -> None:
        """What is long over frightens nobody."""
        row = TokenFamily.objects.get(device=SAFARI)
        row.revoked_at = row.created_at - timedelta(days=days)
        row.revoked_reason = reason
        row.save()

        assert len(shown(browser)["lost_copies"]) == told

    def test_warning_is_of_the_last_few_and_of_nobody_else(
        self, browser: Browser, alice: User, bob: User
    ) -> None:
        """A page has an end, and another user's logins no place on it."""
        mine = TokenFamily.objects.get()
        add_families(alice, SHOWN_REUSED + 5)
        add_families(bob, 1, first=2)
        rest = TokenFamily.objects.exclude(pk=mine.pk)
        rest.update(revoked_at=mine.created_at, revoked_reason=RevocationReason.REUSE)
        rest.filter(user=bob).update(device="bobs/1")

        lost = shown(browser)["lost_copies"]

        assert len(lost) == SHOWN_REUSED
        assert "bobs/1" not in {row["device"] for row in lost}


class TestEnd:
    @pytest.mark.requirement("LST-02")
    def test_end_one_under_a_recent_login_ends_it_at_once(
        self, browser: Browser, other: Browser, others_handle: str
    ) -> None:
        """The phone that was lost."""
        response = end(browser, others_handle)

        assert (response.status_code, response["Location"]) == (302, PAGE)
        assert told(response) == ["The login was ended."]
        assert other.me().status_code == 401
        assert browser.me().status_code == 200

    @pytest.mark.requirement("LST-02")
    def test_end_others_under_a_recent_login_leaves_this_one(
        self, browser: Browser, other: Browser, bob: User, caller: Caller
    ) -> None:
        """All but where the user is, and nobody else's."""
        his = caller.used_login(bob)["access"]

        response = end(browser, "others")

        assert (response.status_code, response["Location"]) == (302, PAGE)
        assert told(response) == ["All other logins were ended."]
        assert other.me().status_code == 401
        assert browser.me().status_code == 200
        assert caller.me(his).status_code == 200

    @pytest.mark.requirement("LST-02", "LST-05")
    @pytest.mark.parametrize("what", ["one", "others", "unknown"])
    def test_end_under_an_old_login_leads_to_the_step_up_page_and_back(
        self, browser: Browser, other: Browser, others_handle: str, what: str
    ) -> None:
        """Who found a screen unlocked must not lock its owner out."""
        age(OLD)
        browser.refresh()
        target = others_handle if what == "one" else what

        response = end(browser, target)

        assert response.status_code == 302
        assert response["Location"] == f"{STEP_UP}?next={PAGE}%3Fconfirmed"
        assert TokenFamily.objects.filter(revoked_at=None).count() == 2
        assert browser.get(PAGE).status_code == 200
        back = browser.post_form(response["Location"], password=PASSWORD)
        assert back["Location"] == f"{PAGE}?confirmed"
        assert end(browser, target)["Location"] == PAGE
        left = 2 if what == "unknown" else 1
        assert TokenFamily.objects.filter(revoked_at=None).count() == left

    @pytest.mark.requirement("LST-03")
    def test_end_of_another_users_is_answered_as_of_none_and_ends_nothing(
        self, browser: Browser, bob: User, caller: Caller
    ) -> None:
        """Not even that a handle is somebody's is told."""
        caller.login(bob)
        hers = TokenFamily.objects.get(user=bob).sid

        answers = [end(browser, what) for what in (hers, "A" * 22, "x", "", "Others")]

        assert {answer.status_code for answer in answers} == {302}
        assert {told(answer)[-1] for answer in answers} == {"The login was ended."}
        assert len({(answer["Location"], answer.content) for answer in answers}) == 1
        assert TokenFamily.objects.filter(revoked_at=None).count() == 2

    def test_end_of_this_one_is_a_logout(self, browser: Browser) -> None:
        """However old the login is."""
        age(OLD)
        browser.refresh()

        response = end(browser, TokenFamily.objects.get().sid)

        assert response.status_code == 302
        assert browser.credentials == {}
        assert TokenFamily.objects.get().revoked_at is not None

    def test_end_without_the_csrf_token_ends_nothing(
        self, browser: Browser, other: Browser
    ) -> None:
        """Another site's form must not log anybody out."""
        browser.keep(CSRF, "")

        assert end(browser, "others").status_code == 403
        assert other.me().status_code == 200

    def test_get_ends_nothing(
        self, browser: Browser, other: Browser, others_handle: str
    ) -> None:
        """Links are followed by machines, too."""
        for what in ("others", others_handle):
            assert browser.get(f"{PAGE}?end={what}").status_code == 200

        assert other.me().status_code == 200

    def test_end_for_nobody_leads_to_the_login_page(
        self, alice: User, others_handle: str
    ) -> None:
        """Whose would it be?"""
        visitor = Browser()
        visitor.get(LOGIN)

        response = end(visitor, others_handle)

        assert (response.status_code, response["Location"]) == (
            302,
            f"{LOGIN}?next={PAGE}",
        )
        assert TokenFamily.objects.filter(revoked_at=None).count() == 1

    @pytest.mark.usefixtures("atomic_requests")
    def test_page_runs_outside_of_atomic_requests(
        self, browser: Browser, other: Browser
    ) -> None:
        """What has ended must stay so, whatever becomes of the request."""
        assert end(browser, "others").status_code == 302
        assert other.me().status_code == 401
