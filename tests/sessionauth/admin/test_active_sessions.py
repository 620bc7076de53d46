"""The pages of live sessions: what they show, find and cost."""

import re
from datetime import timedelta

import pytest
import redis
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from sessionauth.conf import get_settings
from sessionauth.flows import recent_logins
from sessionauth.flows.revoke import revoke
from sessionauth.stores import index, logins, sessions
from tests.sessionauth.admin.conftest import (
    LIST,
    Operator,
    Staff,
    is_alive,
    one,
    opened,
)
from tests.sessionauth.conftest import use_server

HOUR_US = 3_600_000_000


def many(users: int, each: int = 2) -> None:
    """Store as many sessions as a busy site has, of users without rows."""
    policy = get_settings().timeouts
    record = {b"a": b"%d" % 9_999_999_999_999, b"U": b'"%d"'}
    for user_id in range(1_000_000, 1_000_000 + users):
        for n in range(each):
            handle = f"{user_id}-{n}"
            sessions.create(handle, policy)
            fields = {**record, b"U": b'"%d"' % user_id}
            sessions.save(handle, fields, (), policy)
            index.admit(str(user_id), handle, None, (None, "evict_oldest"), policy)
        logins.note(str(user_id), policy)


class TestPages:
    def test_list_and_form_show_the_session_in_words(
        self, viewer: Operator, handle: str
    ) -> None:
        """An operator must know whose session this is, from where, and since when."""
        for address in (LIST, one(handle)):
            html = viewer.look(address)
            for word in ("alice", "Firefox on Linux", "203.0.113.9"):
                assert word in html

    def test_list_and_form_show_instants_in_words(
        self,
        settings: Settings,
        viewer: Operator,
        handle: str,
        redis_client: redis.Redis,
    ) -> None:
        """In the language and the time zone of the admin, not as a computer does."""
        settings.TIME_ZONE = "Europe/Berlin"
        login_ms = 4_102_444_800_000  # The first instant of 2100 in Greenwich.
        redis_client.hset(f"sa:s:{handle}", "a", login_ms)

        for address in (LIST, one(handle)):
            assert "Jan. 1, 2100, 1 a.m." in viewer.look(address)

    @pytest.mark.requirement("LOG-03")
    def test_pages_show_no_id_of_a_session(
        self, admin: Operator, handle: str, redis_client: redis.Redis
    ) -> None:
        """Who may look must not be able to log in as somebody else."""
        own = admin.cookies["__Host-sessionid"].value
        pages = admin.look(LIST) + admin.look(one(handle))

        assert own not in pages
        assert set(re.findall(r"[\w-]{43}", pages)) >= {handle}

    def test_newest_login_comes_first(
        self, viewer: Operator, alice: User, bob: User
    ) -> None:
        """What an operator looks for has just happened."""
        first, second, third = opened(alice), opened(bob), opened(alice)

        assert viewer.found()[:2] == [third, first]
        assert viewer.found()[2] == second

    def test_user_gone_is_named_by_the_key(
        self, admin: Operator, handle: str, alice: User
    ) -> None:
        """Deleting the row by hand leaves the sessions, and they must be found."""
        key = alice.pk
        User.objects.filter(pk=key).delete()

        for address in (LIST, one(handle), f"{LIST}?q={key}"):
            assert f"gone ({key})" in admin.look(address)

    def test_form_user_leads_to_the_page_of_the_user(
        self, admin: Operator, handle: str, alice: User
    ) -> None:
        """The way from a suspect session to its user is one click."""
        link = f'<a href="/admin/auth/user/{alice.pk}/change/">alice</a>'

        assert link in admin.look(one(handle))

    def test_form_path_ends_in_words(self, viewer: Operator, handle: str) -> None:
        """A digest there can't be broken into lines, and makes a telephone scroll."""
        page = viewer.look(one(handle))
        (path,) = re.findall(r'class="breadcrumbs">(.*?)</div>', page, re.DOTALL)

        assert "alice, Firefox on Linux, 203.0.113.9" in path
        assert handle not in path

    @pytest.mark.parametrize("handle", ["A" * 43, "nonsense", "\0", "%F0%9F%8D%95"])
    @pytest.mark.parametrize("page", ["change", "history"])
    def test_page_of_no_session_is_no_error(
        self, admin: Operator, handle: str, page: str
    ) -> None:
        """A session that ended may be in the history still."""
        response = admin.get(one(handle, page), secure=True)

        assert response.status_code in {200, 302}

    @pytest.mark.requirement("RVK-12")
    def test_pages_offer_no_way_to_add_change_or_delete(
        self, admin: Operator, handle: str
    ) -> None:
        """Even a superuser ends a session, so that it goes on record."""
        pages = admin.look() + admin.look(one(handle))
        for way in (f"{LIST}add/", one(handle, "delete"), "delete_selected"):
            assert way not in pages

        admin.choose("delete_selected", handle)
        for page in (one(handle), one(handle, "delete"), f"{LIST}add/"):
            answer = admin.post(page, {"post": "yes"}, secure=True)
            assert answer.status_code == 403
        assert is_alive(handle)

    def test_looking_does_not_use_the_sessions(
        self, viewer: Operator, handle: str, redis_client: redis.Redis
    ) -> None:
        """Who watches a session must not keep it alive."""
        redis_client.pexpire(f"sa:s:{handle}", 100_000)

        viewer.look(LIST)
        viewer.look(one(handle))

        assert redis_client.pttl(f"sa:s:{handle}") <= 100_000

    @pytest.mark.usefixtures("own_server")
    def test_store_down_is_503(
        self, settings: Settings, viewer: Operator, handle: str
    ) -> None:
        """An operator in trouble needs to be told which trouble."""
        use_server(settings, "unix:///nonexistent")

        for address in (LIST, one(handle)):
            response = viewer.get(address, secure=True, headers={"accept": "text/html"})
            assert response.status_code == 503
            assert response.headers["Retry-After"]


class TestSearch:
    @pytest.mark.parametrize("term", ["ALIC", "example.com", "{pk}", "{handle}"])
    def test_search_by_name_mail_key_and_digest_finds_the_session(
        self, viewer: Operator, handle: str, alice: User, bob: User, term: str
    ) -> None:
        """These are what a report of a user and our own log give."""
        User.objects.filter(pk=alice.pk).update(email="alice@example.com")
        opened(bob)

        found = viewer.found("q=" + term.format(pk=alice.pk, handle=handle))

        assert found == [handle]

    def test_search_shows_the_last_login_first(
        self, viewer: Operator, alice: User, bob: User
    ) -> None:
        """As the list does."""
        User.objects.update(email="x@example.com")
        first, second = opened(bob), opened(alice)

        assert viewer.found("q=example.com")[:2] == [second, first]

    @pytest.mark.parametrize("term", ["%F0%9F%8D%95", "9" * 20, "-", "*"])
    def test_search_for_nonsense_finds_nothing(
        self, viewer: Operator, handle: str, term: str
    ) -> None:
        """Whatever is pasted there must not be an error."""
        assert viewer.found(f"q={term}") == []

    def test_search_for_a_null_character_is_no_error(self, viewer: Operator) -> None:
        """PostgreSQL refuses it; Django's form says so before."""
        assert "Null characters are not allowed" in viewer.look(f"{LIST}?q=%00")

    def test_search_that_means_too_many_users_says_so(
        self, viewer: Operator, monkeypatch: pytest.MonkeyPatch, handle: str
    ) -> None:
        """Who is not shown may have a session all the same."""
        User.objects.bulk_create(User(username=f"user{n}") for n in range(120))

        assert "More users match" in viewer.look(f"{LIST}?q=user")


class TestFilter:
    @pytest.fixture
    def kinds(
        self, settings: Settings, handle: str, bob: User, redis_client: redis.Redis
    ) -> list[str]:
        """A session of Alice's, and one of Bob's, who logged in yesterday."""
        settings.SESSIONAUTH = {"ABSOLUTE_TIMEOUT": timedelta(days=2)}
        old = opened(bob)
        ago_us = int(redis_client.zscore("sa:l", str(bob.pk)) or 0) - 25 * HOUR_US
        redis_client.zadd("sa:l", {str(bob.pk): ago_us})
        redis_client.hset(f"sa:s:{old}", "a", ago_us // 1000)
        return [handle, old]

    @pytest.mark.parametrize("search", ["", "&q=example.com"])
    @pytest.mark.parametrize(
        ("choice", "expected"),
        [
            ("hour", [True, False]),
            ("day", [True, False]),
            ("older", [False, True]),
            ("nonsense", [True, True]),
        ],
    )
    def test_filter_shows_just_its_kind(
        self,
        staff: Staff,
        kinds: list[str],
        choice: str,
        expected: list[bool],
        search: str,
    ) -> None:
        """With a search and without one."""
        User.objects.update(email="x@example.com")

        found = staff("view_activesession").found(f"last_login={choice}{search}")

        assert [handle in found for handle in kinds] == expected

    @pytest.mark.parametrize("query", ["nonsense=1", "session_digest=a", "after=x"])
    def test_unknown_parameter_is_no_error(self, viewer: Operator, query: str) -> None:
        """A bookmark of another version leads back to the whole list."""
        response = viewer.get(f"{LIST}?{query}", secure=True)

        assert response.status_code in {302, 400}


class TestStretches:
    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recent_logins, "USERS_SHOWN", 3)
        monkeypatch.setattr(recent_logins, "_USERS_READ", 5)

    def test_pages_show_every_session_once(
        self, admin: Operator, redis_client: redis.Redis
    ) -> None:
        """An operator who pages through must have seen them all."""
        many(users=10)
        seen: list[str] = []
        query = ""
        while query is not None:
            response = admin.get(LIST + query, secure=True)
            seen += [row.pk for row in response.context["cl"].result_list]
            query = response.context["cl"].next_page or None

        assert len(seen) == len(set(seen)) == 21

    def test_users_without_sessions_are_dropped(
        self, admin: Operator, redis_client: redis.Redis
    ) -> None:
        """The next operator does not page through those who are gone."""
        many(users=4, each=1)
        for name in redis_client.keys("sa:s:1000*"):
            redis_client.delete(name)

        admin.look()

        assert redis_client.zcard("sa:l") == 1

    def test_user_whose_login_is_under_way_is_not_dropped(
        self, admin: Operator, redis_client: redis.Redis
    ) -> None:
        """Listed and noted, not yet filled: in a moment there is a session."""
        policy = get_settings().timeouts
        sessions.create("bare", policy)
        index.admit("7", "bare", None, (None, "evict_oldest"), policy)
        logins.note("7", policy)

        assert "bare" not in admin.look()
        assert redis_client.zscore("sa:l", "7")

    def test_user_whose_session_is_being_renewed_is_not_dropped(
        self, admin: Operator, redis_client: redis.Redis, handle: str, alice: User
    ) -> None:
        """The old id is dead, the new one is not in the index yet."""
        sessions.renew(handle, "new")

        assert handle not in admin.found()
        assert redis_client.zscore("sa:l", str(alice.pk))

    def test_many_sessions_of_one_user_are_cut_and_found_by_a_search(
        self, viewer: Operator, alice: User
    ) -> None:
        """One robot must not push everybody else off the page."""
        handles = [opened(alice) for _ in range(12)]

        listed = viewer.found()
        assert len([handle for handle in listed if handle in handles]) == 10
        assert "only the newest" in viewer.look()
        assert set(viewer.found("q=alice")) == set(handles)


class TestCost:
    @pytest.mark.parametrize("query", ["", "?q=alice", "?last_login=hour"])
    def test_list_costs_the_same_with_many_sessions(
        self,
        viewer: Operator,
        handle: str,
        round_trips: list[str],
        query: str,
    ) -> None:
        """No scan: a site with many sessions needs this page most."""
        viewer.look(LIST + query)  # The server may not know the scripts yet.
        costs = []
        for more in (10, 2000):
            many(users=more, each=2)
            round_trips.clear()
            with CaptureQueriesContext(connection) as captured:
                viewer.look(LIST + query)
            assert not {"SCAN", "KEYS"} & set(round_trips)
            costs.append((len(round_trips), len(captured)))

        assert costs[0] == costs[1]
        assert costs[0][0] <= 8


class TestStaff:
    def test_without_the_permission_to_view_nothing_is_shown(
        self, staff: Staff, handle: str
    ) -> None:
        """Addresses and devices are personal data."""
        client = staff("view_user", "revoke_activesession")

        for address in (LIST, one(handle), one(handle, "history")):
            assert client.get(address, secure=True).status_code == 403

    def test_without_the_permission_to_revoke_nothing_is_offered(
        self, viewer: Operator, handle: str
    ) -> None:
        """A button that leads to a refusal is a trap."""
        pages = viewer.look() + viewer.look(one(handle))

        assert "end_selected" not in pages
        assert "/end/" not in pages

    def test_ended_session_is_shown_no_more(
        self, viewer: Operator, handle: str
    ) -> None:
        """The list is of what is alive."""
        revoke(handle, "test")

        assert handle not in viewer.found()
        assert viewer.get(one(handle), secure=True).status_code == 302
