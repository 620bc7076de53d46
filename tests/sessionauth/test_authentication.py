"""DRF's SessionAuthentication: who is calling, and what it costs."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from sessionauth import revoke_all
from sessionauth.core.session_id import digest
from tests.sessionauth.conftest import PASSWORD, session_key

LogIn = Callable[..., Client]


def age_check(redis_client: redis.Redis, client: Client) -> None:
    """Let the last check of the user's row lie past the interval."""
    name = "sa:s:" + digest(session_key(client))
    checked_at_ms = int(redis_client.hget(name, "v") or 0)
    redis_client.hset(name, "v", checked_at_ms - 60_000)


@pytest.mark.usefixtures("alice")
class TestCost:
    def test_request_within_the_check_interval_costs_one_round_trip_and_no_query(
        self,
        log_in: LogIn,
        round_trips: list[str],
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        """The budget of the hot path, IsAuthenticated and pk included."""
        client = log_in()
        client.get("/api/me/", secure=True)
        round_trips.clear()

        with django_assert_num_queries(0):
            answer = client.get("/api/me/", secure=True)

        assert answer.status_code == 200
        assert round_trips == ["EVALSHA"]

    def test_anonymous_request_costs_nothing(
        self,
        round_trips: list[str],
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        """A flood without cookies must not reach Redis or the database."""
        with django_assert_num_queries(0):
            answer = Client().get("/api/me/", secure=True)

        assert answer.status_code == 401
        assert round_trips == []

    def test_first_request_after_the_login_checks_the_row(
        self,
        log_in: LogIn,
        round_trips: list[str],
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        """One load, one note of the check, one query."""
        client = log_in()
        round_trips.clear()

        with django_assert_num_queries(1):
            client.get("/api/me/", secure=True)

        assert round_trips == ["EVALSHA", "EVALSHA"]

    def test_row_is_read_when_the_view_needs_it(
        self, log_in: LogIn, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """A lazy user is the real one as soon as somebody looks."""
        client = log_in()
        client.get("/api/me/", secure=True)

        with django_assert_num_queries(1):
            answer = client.get("/api/name/", secure=True)

        assert answer.json() == {"name": "alice"}


class TestUserCheck:
    @pytest.mark.requirement("SES-16")
    def test_deactivated_user_is_out_at_the_first_check(
        self, alice: User, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """queryset.update() sends no signal; the check finds it all the same."""
        client = log_in()
        client.get("/api/me/", secure=True)
        get_user_model().objects.update(is_active=False)

        assert client.get("/api/me/", secure=True).status_code == 200
        age_check(redis_client, client)
        assert client.get("/api/me/", secure=True).status_code == 401
        assert redis_client.keys("sa:[su]:*") == []

    @pytest.mark.requirement("SES-16")
    def test_changed_password_ends_the_session_at_the_next_check(
        self, alice: User, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """Who changes it because of a thief must be rid of the thief."""
        client = log_in()
        alice.set_password("other")
        alice.save()

        assert client.get("/api/me/", secure=True).status_code == 401
        assert redis_client.keys("sa:[su]:*") == []

    @pytest.mark.requirement("SES-16")
    def test_deleted_user_is_out_at_the_next_check(
        self, alice: User, log_in: LogIn
    ) -> None:
        """A primary key without a row is nobody."""
        client = log_in()
        alice.delete()

        assert client.get("/api/me/", secure=True).status_code == 401

    def test_refused_user_is_refused_also_in_the_middle_of_a_view(
        self, alice: User, log_in: LogIn
    ) -> None:
        """The lazy row is checked when it is read, not only when it is due."""
        client = log_in()
        client.get("/api/me/", secure=True)
        get_user_model().objects.update(is_active=False)

        answer = client.get("/api/name/", secure=True)

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Session realm="api"'

    def test_interval_of_zero_asks_the_store_once(
        self,
        settings: Settings,
        alice: User,
        log_in: LogIn,
        round_trips: list[str],
    ) -> None:
        """A note of the check would be a second call, and nobody reads it."""
        settings.SESSIONAUTH = {"USER_CHECK_INTERVAL": timedelta(0)}
        client = log_in()
        round_trips.clear()

        client.get("/api/me/", secure=True)

        assert round_trips == ["EVALSHA"]

    def test_interval_of_zero_checks_every_request(
        self, settings: Settings, alice: User, log_in: LogIn
    ) -> None:
        """Projects that want no delay get none."""
        settings.SESSIONAUTH = {"USER_CHECK_INTERVAL": timedelta(0)}
        client = log_in()
        assert client.get("/api/me/", secure=True).status_code == 200
        get_user_model().objects.update(is_active=False)

        assert client.get("/api/me/", secure=True).status_code == 401

    @pytest.mark.requirement("SES-16")
    def test_session_under_an_old_secret_key_is_renewed(
        self, settings: Settings, alice: User, log_in: LogIn
    ) -> None:
        """Rotating SECRET_KEY with fallbacks must not log everybody out."""
        client = log_in()
        old = session_key(client)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another" + "k" * 50

        assert client.get("/api/me/", secure=True).status_code == 200
        assert session_key(client) != old
        settings.SECRET_KEY_FALLBACKS = []
        assert client.get("/api/me/", secure=True).status_code == 200

    def test_backend_that_was_removed_ends_the_session(
        self, settings: Settings, alice: User, log_in: LogIn
    ) -> None:
        """Whoever turned it off did not mean "for new logins only"."""
        client = log_in()
        settings.AUTHENTICATION_BACKENDS = [
            "django.contrib.auth.backends.AllowAllUsersModelBackend"
        ]

        assert client.get("/api/me/", secure=True).status_code == 401

    def test_inactive_user_of_a_lenient_backend_is_refused(
        self, settings: Settings, alice: User, log_in: LogIn
    ) -> None:
        """DRF refuses them whatever the backend says; so do we."""
        settings.AUTHENTICATION_BACKENDS = [
            "django.contrib.auth.backends.AllowAllUsersModelBackend"
        ]
        client = log_in()
        get_user_model().objects.update(is_active=False)

        assert client.get("/api/me/", secure=True).status_code == 401


class TestRevocation:
    @pytest.mark.requirement("SES-06")
    def test_revoked_session_is_out_at_the_next_request(
        self, alice: User, log_in: LogIn
    ) -> None:
        """That is what sessions are for: no delay, on no server."""
        client = log_in()
        client.get("/api/me/", secure=True)

        revoke_all(alice, "test")

        assert client.get("/api/me/", secure=True).status_code == 401

    @pytest.mark.requirement("SES-18")
    @pytest.mark.usefixtures("alice")
    def test_edited_cookie_is_nobody(self, log_in: LogIn) -> None:
        """Nothing that the client holds is believed."""
        client = log_in()
        key = session_key(client)
        client.cookies["__Host-sessionid"] = key[:-2] + (
            "AA" if key[-2:] != "AA" else "BA"
        )

        assert client.get("/api/me/", secure=True).status_code == 401


@pytest.mark.usefixtures("alice")
class TestHttp:
    def test_anonymous_request_is_401_with_a_challenge(self) -> None:
        """DRF's own class answers 403, which clients take for "not allowed"."""
        answer = Client().get("/api/me/", secure=True)

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Session realm="api"'

    @pytest.mark.requirement("CSR-01")
    def test_unsafe_method_needs_the_csrf_token(
        self, browser: Client, log_in: LogIn
    ) -> None:
        """The browser sends the cookie along with other sites' forms."""
        client = log_in(client=browser)
        token = client.cookies["csrftoken"].value
        headers = {"x-csrftoken": token, "referer": "https://testserver/"}

        assert client.post("/api/me/", secure=True).status_code == 403
        assert client.post("/api/me/", secure=True, headers=headers).status_code == 200
        assert client.get("/api/me/", secure=True).status_code == 200

    def test_dead_session_may_use_what_is_public(
        self, alice: User, log_in: LogIn
    ) -> None:
        """A session that does not count is as good as none, not worse."""
        client = log_in()
        revoke_all(alice, "test")

        assert client.get("/api/open/", secure=True).status_code == 200

    def test_user_of_an_open_view_is_known(self, log_in: LogIn) -> None:
        """Optional authentication works."""
        assert log_in().get("/api/open/", secure=True).json()["id"] is not None


def test_password_of_the_fixtures_is_right(alice: User) -> None:
    """Otherwise every refusal in this module would prove nothing."""
    assert alice.check_password(PASSWORD)


@pytest.mark.usefixtures("alice")
class TestBrowsableApi:
    def test_page_of_a_refused_user_is_401_and_no_crash(self, log_in: LogIn) -> None:
        """It shows the user's name while it is rendered, too late for a refusal."""
        client = log_in()
        client.raise_request_exception = False
        assert client.get("/api/browsable/", secure=True).status_code == 200
        get_user_model().objects.update(is_active=False)

        answer = client.get("/api/browsable/", secure=True)

        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Session realm="api"'
        assert b"alice" not in answer.content


@pytest.mark.usefixtures("alice")
def test_form_that_the_csrf_check_cannot_read_is_refused(
    browser: Client, log_in: LogIn
) -> None:
    """Django believes the charset that a form names; not every one is of text."""
    client = log_in(client=browser)
    client.raise_request_exception = False
    kind = "application/x-www-form-urlencoded; charset=punycode"

    answer = client.generic(
        "POST",
        "/api/me/",
        b"a-=",
        content_type=kind,
        secure=True,
        headers={"origin": "https://testserver"},
    )

    # Python 3.13 and later read it, and find no token in it.
    assert answer.status_code in {400, 403}
