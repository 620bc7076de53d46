"""The middleware: cookies and races, over HTTP."""

from collections.abc import Callable

import pytest
import redis
from asgiref.sync import async_to_sync
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory
from pytest_django import Settings

from sessionauth.core.session_id import digest, new_session_key
from sessionauth.engine import SessionStore
from sessionauth.middleware import SessionMiddleware
from tests.sessionauth.conftest import (
    COOKIE,
    session_key,
    stored,
    use_server,
    with_cookie,
)

LogIn = Callable[..., Client]


def through(view: Callable[..., HttpResponse], key: str | None = None) -> HttpResponse:
    """Send one request through the middleware alone."""
    request = RequestFactory().get("/", secure=True)
    if key:
        request.COOKIES[COOKIE] = key
    return SessionMiddleware(view)(request)


class TestAnonymous:
    @pytest.mark.requirement("SES-20")
    def test_visit_creates_nothing(
        self, redis_client: redis.Redis, round_trips: list[str]
    ) -> None:
        """A crawler must not fill the store, and nobody is tracked."""
        answer = Client().get("/plain/", secure=True)

        assert not answer.cookies
        assert "Vary" not in answer.headers
        assert round_trips == []
        assert redis_client.dbsize() == 0

    @pytest.mark.requirement("SES-20")
    @pytest.mark.django_db
    @pytest.mark.parametrize("path", ["/page/", "/look/", "/api/open/", "/auth/login/"])
    def test_look_at_the_session_creates_nothing(
        self, redis_client: redis.Redis, path: str
    ) -> None:
        """Asking who is there is no reason to remember them."""
        answer = Client().get(path, secure=True)

        assert COOKIE not in answer.cookies
        assert redis_client.dbsize() == 0

    def test_page_that_does_not_look_costs_nothing(
        self, round_trips: list[str]
    ) -> None:
        """With a cookie too: static and public pages stay as fast as they are."""
        client = with_cookie(stored(k="v").session_key or "")
        round_trips.clear()

        client.get("/plain/", secure=True)

        assert round_trips == []


class TestCookie:
    @pytest.mark.requirement("CKE-03")
    def test_cookie_has_every_flag(self) -> None:
        """Scripts can't read it, other sites can't send it, it never goes in clear."""
        cookie = Client().get("/put/?colour=red", secure=True).cookies[COOKIE]

        assert cookie["httponly"]
        assert cookie["secure"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        assert not cookie["max-age"]

    def test_cookie_is_set_only_when_the_id_is_new(self) -> None:
        """A late answer that sets an old id again would undo a renewal."""
        client = Client()
        client.get("/put/?colour=red", secure=True)

        answer = client.get("/put/?colour=blue", secure=True)

        assert COOKIE not in answer.cookies
        assert client.get("/look/", secure=True).content == b"blue"

    def test_unknown_id_leaves_the_cookie_alone(self) -> None:
        """Django deletes it, and with it the new one of a login in another tab."""
        answer = with_cookie(new_session_key()).get("/look/", secure=True)

        assert COOKIE not in answer.cookies

    def test_flush_by_a_changed_password_leaves_the_cookie_alone(
        self, alice: User, log_in: LogIn
    ) -> None:
        """Only who asks to be logged out gets the cookie deleted."""
        client = log_in()
        alice.set_password("other")
        alice.save()

        answer = client.get("/page/", secure=True)

        assert answer.content == b"AnonymousUser"
        assert COOKIE not in answer.cookies

    @pytest.mark.usefixtures("alice")
    def test_logout_deletes_the_cookie(self, log_in: LogIn) -> None:
        """The next user of the browser starts without it."""
        answer = log_in().post("/auth/logout/", secure=True)

        assert answer.cookies[COOKIE].value == ""
        assert answer.cookies[COOKIE]["max-age"] == 0
        assert answer.cookies[COOKIE]["secure"]

    def test_answer_that_depends_on_the_session_varies_on_the_cookie(self) -> None:
        """A shared cache must not hand one user's page to another."""
        answer = Client().get("/look/", secure=True)

        assert "Cookie" in answer["Vary"]

    @pytest.mark.requirement("CKE-10")
    @pytest.mark.usefixtures("alice")
    @pytest.mark.parametrize("act", ["begin", "renew", "leave"])
    def test_answer_with_the_cookie_is_kept_by_no_cache(
        self, log_in: LogIn, act: str
    ) -> None:
        """Whatever the view says of itself: a kept cookie would log others in."""
        key = None if act == "begin" else session_key(log_in())

        def view(request: HttpRequest) -> HttpResponse:
            request.user = AnonymousUser()
            if act == "begin":
                request.session["colour"] = "red"
            elif act == "renew":
                request.session.cycle_key()
            else:
                logout(request)
            return HttpResponse("public", headers={"Cache-Control": "max-age=600"})

        answer = through(view, key)

        assert COOKIE in answer.cookies
        assert answer["Cache-Control"] == "no-store"
        assert "Cookie" in answer["Vary"]

    def test_answer_without_the_cookie_says_itself_who_may_keep_it(self) -> None:
        """What is as public as the view says stays so."""
        key = stored(colour="red").session_key

        def view(request: HttpRequest) -> HttpResponse:
            text = request.session["colour"]
            return HttpResponse(text, headers={"Cache-Control": "max-age=600"})

        assert through(view, key)["Cache-Control"] == "max-age=600"

    @pytest.mark.requirement("CKE-09")
    def test_twin_without_the_prefix_is_ignored(self) -> None:
        """A sibling domain can plant ``sessionid``, not ``__Host-sessionid``."""
        client = Client()
        client.cookies["sessionid"] = stored(colour="red").session_key or ""

        assert client.get("/look/", secure=True).content == b"nothing"


class TestSaveEveryRequest:
    @pytest.fixture(autouse=True)
    def _always(self, settings: Settings) -> None:
        settings.SESSION_SAVE_EVERY_REQUEST = True

    def test_cookie_is_sent_again(self, round_trips: list[str]) -> None:
        """Django documents it; it costs a second question to the store."""
        client = with_cookie(stored(colour="red").session_key or "")
        round_trips.clear()

        answer = client.get("/look/", secure=True)

        assert answer.cookies[COOKIE].value == session_key(client)
        assert answer["Cache-Control"] == "no-store"
        assert round_trips == ["EVALSHA", "EVALSHA"]

    def test_page_that_does_not_look_sends_it_too(self) -> None:
        """As in Django: every request is a use."""
        client = with_cookie(stored(colour="red").session_key or "")

        assert COOKIE in client.get("/plain/", secure=True).cookies

    @pytest.mark.requirement("CKE-07")
    def test_cookie_never_outlives_the_session(
        self, settings: Settings, redis_client: redis.Redis
    ) -> None:
        """It slides with each request; the end of the session does not."""
        settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = False
        key = stored(colour="red").session_key or ""
        redis_client.hincrby("sa:s:" + digest(key), "c", 60_000 - 86_400_000)

        answer = with_cookie(key).get("/look/", secure=True)

        assert 0 < answer.cookies[COOKIE]["max-age"] <= 60

    @pytest.mark.parametrize("end", [SessionStore.cycle_key, SessionStore.flush])
    def test_old_id_is_not_sent_again_by_a_late_answer(
        self, end: Callable[[SessionStore], None], caplog: pytest.LogCaptureFixture
    ) -> None:
        """Read, then renewed or ended elsewhere: the old id is no cookie any more."""
        session = stored(k="v")
        old = session.session_key

        def slow(request: HttpRequest) -> HttpResponse:
            assert request.session["k"] == "v"
            end(session)
            return HttpResponse("done")

        with caplog.at_level("INFO", "sessionauth"):
            answer = through(slow, old)

        assert answer.status_code == 200
        assert COOKIE not in answer.cookies
        # Nothing was to be saved, so nothing was lost.
        assert "save_dropped" not in [getattr(r, "event", "") for r in caplog.records]

    @pytest.mark.requirement("SES-20")
    @pytest.mark.parametrize("path", ["/plain/", "/look/"])
    def test_unknown_id_gets_no_session(
        self, redis_client: redis.Redis, path: str
    ) -> None:
        """Whoever comes back after an expiry is a visitor, and is not tracked."""
        answer = with_cookie(new_session_key()).get(path, secure=True)

        assert COOKIE not in answer.cookies
        assert redis_client.dbsize() == 0

    def test_crashing_view_sends_no_cookie(self) -> None:
        """Nothing was saved, so nothing is known."""
        client = with_cookie(stored(colour="red").session_key or "")
        client.raise_request_exception = False

        assert COOKIE not in client.get("/crash/", secure=True).cookies


class TestCaches:
    @pytest.mark.parametrize(
        ("said", "kept"),
        [
            ("public, max-age=600", "no-store"),
            ("max-age=0, no-cache, no-store", "max-age=0, no-cache, no-store"),
        ],
    )
    def test_answer_with_the_cookie_is_stored_nowhere(
        self, said: str, kept: str
    ) -> None:
        """Whatever the view thinks; in its own words where they say as much."""

        def view(request: HttpRequest) -> HttpResponse:
            request.session["k"] = "v"
            return HttpResponse(headers={"Cache-Control": said})

        assert through(view)["Cache-Control"] == kept


class TestRaces:
    @pytest.mark.requirement("SES-07")
    def test_logout_during_a_slow_request_drops_its_save(
        self, redis_client: redis.Redis
    ) -> None:
        """Django answers 400 (SessionInterrupted); the work was done, so answer it."""
        key = stored(k="v").session_key

        def slow(request: HttpRequest) -> HttpResponse:
            request.session["k"] = "slow"
            SessionStore(key).flush()
            return HttpResponse("done")

        answer = through(slow, key)

        assert answer.status_code == 200
        assert COOKIE not in answer.cookies
        assert redis_client.dbsize() == 0

    def test_renewal_during_a_slow_request_keeps_the_new_cookie(self) -> None:
        """The late answer neither deletes nor overwrites what the other one set."""
        session = stored(k="v")

        def slow(request: HttpRequest) -> HttpResponse:
            request.session["k"] = "slow"
            session.cycle_key()
            return HttpResponse("done")

        answer = through(slow, session.session_key)

        assert COOKIE not in answer.cookies
        assert SessionStore(session.session_key)["k"] == "v"


class TestErrors:
    def test_crashing_view_saves_nothing(self, redis_client: redis.Redis) -> None:
        """What it left behind may be half of something."""
        client = Client(raise_request_exception=False)

        answer = client.get("/crash/", secure=True)

        assert answer.status_code == 500
        assert redis_client.dbsize() == 0

    def test_mark_of_a_change_gives_a_visitor_no_session(
        self, redis_client: redis.Redis
    ) -> None:
        """Pages that set ``modified`` without looking must not create anything."""

        def mark(request: HttpRequest) -> HttpResponse:
            request.session.modified = True
            return HttpResponse("marked")

        answer = through(mark, new_session_key())

        assert COOKIE not in answer.cookies
        assert redis_client.dbsize() == 0

    def test_id_renewed_by_a_crashing_view_reaches_the_browser(self) -> None:
        """The old id is dead already: without the new one the user is logged out."""
        session = stored(k="v")

        def crash(request: HttpRequest) -> HttpResponse:
            request.session.cycle_key()
            return HttpResponse(status=500)

        answer = through(crash, session.session_key)

        assert SessionStore(answer.cookies[COOKIE].value)["k"] == "v"


class TestSetup:
    def test_other_engine_is_refused(self, settings: Settings) -> None:
        """Servers run no checks; half of the package would protect nobody."""
        settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

        with pytest.raises(ImproperlyConfigured, match="SESSION_ENGINE"):
            SessionMiddleware(lambda _: HttpResponse())

    def test_app_that_is_not_installed_is_refused(self, settings: Settings) -> None:
        """Without the app no receiver completes a login."""
        settings.INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]

        with pytest.raises(ImproperlyConfigured, match="INSTALLED_APPS"):
            SessionMiddleware(lambda _: HttpResponse())


class TestAsync:
    @pytest.mark.requirement("SES-19")
    def test_session_works_under_asgi(self) -> None:
        """The same middleware serves both kinds of server."""

        async def steps() -> None:
            client = AsyncClient()
            answer = await client.get("/put/?colour=red", secure=True)

            assert answer.cookies[COOKIE].value
            assert (await client.get("/look/", secure=True)).content == b"red"

        async_to_sync(steps)()

    @pytest.mark.requirement("SES-19")
    @pytest.mark.django_db(transaction=True)
    def test_login_under_asgi_is_complete(self) -> None:
        """alogin() sends the same signal, so id, index and record are the same."""

        async def steps() -> None:
            from django.contrib.auth import aauthenticate, alogin, get_user_model  # noqa: PLC0415

            await get_user_model().objects.acreate_user("carol", password="pw")
            request = RequestFactory().get("/", secure=True)
            request.session = SessionStore()
            request.user = AnonymousUser()
            user = await aauthenticate(request, username="carol", password="pw")
            assert user is not None

            await alogin(request, user)

            again = SessionStore(request.session.session_key)
            assert await again.aget("_auth_user_id") == str(user.pk)

        async_to_sync(steps)()


def test_client_holds_the_cookie_that_was_set() -> None:
    """The helpers of these tests mean what they say."""
    client = Client()
    client.get("/put/?colour=red", secure=True)

    assert SessionStore(session_key(client))["colour"] == "red"


class TestOutage:
    @pytest.fixture(autouse=True)
    def _no_server(self, settings: Settings) -> None:
        use_server(settings, "unix:///nonexistent/socket?db=0")

    def test_answer_keeps_what_others_have_set_and_not_what_they_deleted(self) -> None:
        """A new refresh token must arrive; a deletion can wait for the store."""

        def view(request: HttpRequest) -> HttpResponse:
            request.session["k"] = "v"
            response = HttpResponse()
            response.set_cookie("new", "v")
            response.delete_cookie("old")
            return response

        answer = through(view)

        assert answer.status_code == 503
        assert list(answer.cookies) == ["new"]

    def test_outage_is_logged_once_in_a_request(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Twice as many lines as requests would be believed to be two faults."""
        answer = with_cookie("A" * 43).get("/look/", secure=True)

        assert answer.status_code == 503
        events = [getattr(record, "event", None) for record in caplog.records]
        assert events.count("store_down") == 1
