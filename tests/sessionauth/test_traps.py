"""Traps of Django and Redis that others fell into, each with the test that closes it.

Those of the store (``exists(None)``, cjson, a script sent twice) and of an outage have
theirs beside the unit.
"""

from collections.abc import Callable

import pytest
import redis
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client, RequestFactory
from pytest_django import Settings

from sessionauth.engine import SessionStore
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key, with_cookie

LogIn = Callable[..., Client]


def code(client: Client) -> int:
    return client.get("/api/me/", secure=True).status_code


class TestDjangoTraps:
    def test_exists_of_none_is_false_and_asks_nobody(
        self, round_trips: list[str]
    ) -> None:
        """``exists(None)``: Django asks it of a session that has no id."""
        assert SessionStore().exists(None) is False
        assert SessionStore().exists("") is False
        assert round_trips == []

    def test_login_cycles_the_key_before_the_user_is_known(
        self, alice: User, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """``login()`` calls ``cycle_key()`` first: the entry must come later."""
        client = log_in()

        assert SessionStore(session_key(client))[SESSION_KEY] == str(alice.pk)
        assert redis_client.zcard(f"sa:u:{alice.pk}") == 1

    def test_login_after_a_hasher_upgrade_survives_the_first_check(
        self, settings: Settings, alice: User, log_in: LogIn
    ) -> None:
        """The upgrade saves the password in mid-login, and so changes the auth hash."""
        settings.PASSWORD_HASHERS = [
            "django.contrib.auth.hashers.ScryptPasswordHasher",
            "django.contrib.auth.hashers.MD5PasswordHasher",
        ]
        assert alice.password.startswith("md5")

        client = log_in()

        alice.refresh_from_db()
        assert alice.password.startswith("scrypt")
        assert [code(client), code(client)] == [200, 200]

    @pytest.mark.requirement("SES-04")
    def test_password_change_view_keeps_this_session_and_ends_the_others(
        self, alice: User, log_in: LogIn
    ) -> None:
        """It calls ``cycle_key()`` after the user was saved: here the id is renewed."""
        here, there = log_in(), log_in()
        old = session_key(here)

        answer = here.post(
            "/password/",
            {
                "old_password": PASSWORD,
                "new_password1": "another horse",
                "new_password2": "another horse",
            },
            secure=True,
        )

        assert answer.status_code == 302
        assert session_key(here) != old
        assert [code(here), code(there), code(with_cookie(old))] == [200, 401, 401]

    def test_middleware_does_not_delete_the_cookie_of_an_unknown_id(
        self, alice: User, log_in: LogIn
    ) -> None:
        """A late answer for the old id would log out who logged in meanwhile."""
        client = log_in()
        old = session_key(client)
        log_in(client=client)

        answer = with_cookie(old).get("/page/", secure=True)

        assert COOKIE not in answer.cookies
        assert code(client) == 200

    def test_deleted_user_with_cascades_is_logged_out(
        self, alice: User, log_in: LogIn
    ) -> None:
        """``post_delete`` comes after the cascade: nothing here depends on it."""
        client = log_in()
        get_user_model().objects.filter(pk=alice.pk).delete()

        assert client.get("/page/", secure=True).content == b"AnonymousUser"

    def test_another_apps_login_does_not_touch_the_session(
        self, alice: User, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """It sends ``user_logged_in`` too, for a token and not for this session."""
        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415

        client = log_in()
        request = RequestFactory().get("/")
        request.session = SessionStore(session_key(client))

        user_logged_in.send(sender=User, request=request, user=alice)

        assert request.session.session_key == session_key(client)
        assert code(client) == 200

    def test_admin_works(self, db: None) -> None:
        """It brings its own login view, messages and permission checks."""
        get_user_model().objects.create_superuser("root", password=PASSWORD)
        client = Client()

        answer = client.post(
            "/admin/login/?next=/admin/",
            {"username": "root", "password": PASSWORD},
            secure=True,
            follow=True,
        )

        assert answer.status_code == 200
        assert b"Site administration" in answer.content
        added = client.post(
            "/admin/auth/group/add/", {"name": "staff"}, secure=True, follow=True
        )
        assert len(list(get_messages(added.wsgi_request))) <= 1
        assert b"was added successfully" in added.content

    def test_admin_login_at_the_limit_is_403(
        self, db: None, settings: Settings, log_in: LogIn
    ) -> None:
        """Every way to log in is held to the limit, and a refusal is no crash."""
        get_user_model().objects.create_superuser("root", password=PASSWORD)
        settings.SESSIONAUTH = {
            "MAX_SESSIONS_PER_USER": 1,
            "SESSION_LIMIT_POLICY": "deny",
        }
        log_in("root")
        client = Client()

        answer = client.post(
            "/admin/login/", {"username": "root", "password": PASSWORD}, secure=True
        )

        assert answer.status_code == 403
        assert COOKIE not in answer.cookies

    def test_csrf_token_in_the_session_works(
        self, settings: Settings, alice: User, browser: Client
    ) -> None:
        """CSRF_USE_SESSIONS: the form page creates a session, the login keeps it."""
        settings.CSRF_USE_SESSIONS = True
        page = browser.get("/auth/login/", secure=True)
        token = page.context["csrf_token"]

        answer = browser.post(
            "/auth/login/",
            {
                "username": "alice",
                "password": PASSWORD,
                "csrfmiddlewaretoken": str(token),
            },
            secure=True,
            headers={"referer": "https://testserver/auth/login/"},
        )

        assert answer.status_code == 302
        assert browser.get("/page/", secure=True).content == b"alice"

    def test_test_client_logs_in_and_out(self, alice: User) -> None:
        """Projects' own tests use these shortcuts."""
        client = Client()
        client.force_login(alice)
        assert code(client) == 200
        client.logout()
        assert code(client) == 401
        assert client.login(username="alice", password=PASSWORD)
        assert code(client) == 200


class TestRedisTraps:
    def test_cleared_cache_logs_everybody_out_and_breaks_nothing(
        self, alice: User, log_in: LogIn
    ) -> None:
        """``cache.clear()`` is FLUSHDB: that is an end of sessions, not an error."""
        from django.core.cache import cache  # noqa: PLC0415

        client = log_in()
        cache.clear()

        assert code(client) == 401
        assert code(log_in()) == 200

    def test_get_then_set_is_nowhere(self) -> None:
        """A plain SET of a record would bring back what was revoked in between."""
        from sessionauth.stores import connection  # noqa: PLC0415

        for path in connection._LUA.glob("*.lua"):
            assert "'SET'" not in path.read_text()
