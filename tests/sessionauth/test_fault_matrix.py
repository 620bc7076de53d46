"""Every way in which a server fails, through every kind of request.

The answer is always 503 with ``Retry-After``, after one retry at most, without a
cookie; and the same cookie is logged in again as soon as the server is in order.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth import revoke_all
from sessionauth.answers import RETRY_AFTER_SECONDS
from tests import faults
from tests.faults import assert_made_twice_at_most
from tests.faulty_proxy import (
    FaultyProxy,
    Spoil,
    answer_all,
    garble,
    reset,
    say,
    stall,
)
from tests.sessionauth.conftest import (
    COOKIE,
    PASSWORD,
    session_key,
    use_server,
    with_cookie,
)

LogIn: TypeAlias = Callable[..., Client]
Outage: TypeAlias = Callable[[], AbstractContextManager[None]]

pytestmark = [
    pytest.mark.serial,
    pytest.mark.slow,
    pytest.mark.usefixtures("alice"),
    pytest.mark.requirement("OPS-02", "OPS-03"),
]

# What asks for the session, each in its way: DRF with and without need of a user, pages
# that read the user, the data or change it, views that hide errors, the admin.
PATHS = [
    "/api/me/",
    "/api/open/",
    "/api/name/",
    "/page/",
    "/look/",
    "/put/?colour=blue",
    "/hush/",
    "/admin/",
    "/password/",
    "/vault/",
    "/avault/",
    "/auth/sessions/",
    "/auth/account/sessions/",
    "/auth/account/reauth/",
    "/api/payout/",
]
# Of these the ones that change something, or are for administrators.
READS = [
    path for path in PATHS if path not in {"/put/?colour=blue", "/hush/", "/admin/"}
]
ENDS = ["/auth/logout/", "/auth/logout/all/"]
FORM = {"username": "alice", "password": PASSWORD}
PROOF = {"password": PASSWORD}
FORMS: list[tuple[str, dict[str, str]]] = [
    *((path, {}) for path in ENDS),
    ("/auth/account/reauth/", PROOF),
    ("/auth/account/sessions/", {"end": "x"}),
    ("/auth/account/sessions/", {"end": "others"}),
]

SERVER_FAULTS = [
    faults.stopped,
    faults.hung,
    faults.loading,
    faults.read_only,
    faults.orphaned,
    faults.locked,
    faults.forbidding,
    faults.unsaved,
]
ANSWER_FAULTS = {
    "stall": stall,
    "reset": reset,
    "garble": garble,
    "LOADING": say("LOADING server is loading the dataset in memory"),
    "READONLY": say("READONLY You can't write against a read only replica."),
    "NOREPLICAS": say("NOREPLICAS Not enough good replicas to write."),
    "MASTERDOWN": say("MASTERDOWN Link with MASTER is down."),
    "CLUSTERDOWN": say("CLUSTERDOWN The cluster is down"),
    "TRYAGAIN": say("TRYAGAIN Multiple keys request during rehashing of slot"),
    "BUSY": say("BUSY Server is busy running a script."),
    "NOAUTH": say("NOAUTH Authentication required."),
    "WRONGPASS": say("WRONGPASS invalid username-password pair"),
    "unknown": say("ERR unknown command 'EVALSHA'"),
    "maxclients": say("ERR max number of clients reached"),
    # As Redis speaks, and yet an answer to some other question.
    "status": answer_all(b"+OK\r\n"),
    "statuses": answer_all(b"*2\r\n+OK\r\n+OK\r\n"),
    "numbers": answer_all(b"*2\r\n:1\r\n:1\r\n"),
}


def assert_unavailable(answer: HttpResponse) -> None:
    assert answer.status_code == 503
    assert answer["Retry-After"] == str(RETRY_AFTER_SECONDS)
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.fixture
def server(tmp_path: Path, settings: Settings) -> Iterator[EmbeddedValkey]:
    """A server that keeps its data over a restart, and can be made to load."""
    with EmbeddedValkey(tmp_path / "data", options=faults.OPTIONS) as server:
        use_server(settings, server.url)
        yield server


@pytest.fixture
def proxy(server: EmbeddedValkey, settings: Settings) -> Iterator[FaultyProxy]:
    """What stands between the store and its server."""
    proxy = FaultyProxy(str(server.socket_path))
    use_server(settings, proxy.url)
    yield proxy
    proxy.close()


@pytest.fixture(params=[False, True], ids=["", "login-required"])
def guarded(request: pytest.FixtureRequest, settings: Settings) -> bool:
    """Whether Django's ``LoginRequiredMiddleware`` asks before any view does."""
    if request.param:
        guard = "django.contrib.auth.middleware.LoginRequiredMiddleware"
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, guard]
    return bool(request.param)


@pytest.fixture
def assert_bounded_outage(
    log_in: LogIn, attempts: list[str]
) -> Callable[[Outage], None]:
    """Try every kind of request during an outage, and the same cookie after it."""

    def ask(client: Client, method: str, path: str, **options: object) -> None:
        before = client.cookies.output()
        attempts.clear()
        answer = getattr(client, method)(path, secure=True, **options)
        assert_unavailable(answer)
        assert client.cookies.output() == before
        assert_made_twice_at_most(attempts)

    def attempt(outage: Outage) -> None:
        checked, fresh = log_in(), log_in()
        # The first request after the login checks the user; the fresh one owes it.
        assert checked.get("/api/me/", secure=True).status_code == 200
        checked.get("/put/?colour=red", secure=True)
        stranger, newcomer = with_cookie("A" * 43), Client()
        for client in (checked, fresh, stranger, newcomer):
            client.raise_request_exception = False

        with outage():
            for path in PATHS:
                ask(checked, "get", path)
            ask(fresh, "get", "/api/me/")
            ask(stranger, "get", "/page/")
            for path, form in FORMS:
                ask(checked, "post", path, data=form)
            ask(checked, "delete", "/auth/sessions/")
            json = "application/json"
            ask(checked, "post", "/auth/reauth/", data=PROOF, content_type=json)
            ask(newcomer, "post", "/auth/login/", data=FORM)
            ask(newcomer, "post", "/auth/session/", data=FORM, content_type=json)
            ask(newcomer, "get", "/put/?colour=blue")

        for client in (checked, fresh):
            assert client.get("/api/me/", secure=True).status_code == 200
        assert checked.get("/look/", secure=True).content == b"red"
        assert stranger.get("/api/me/", secure=True).status_code == 401
        assert session_key(log_in(client=newcomer))

    return attempt


class TestServer:
    @pytest.mark.parametrize("fault", SERVER_FAULTS, ids=lambda fault: fault.__name__)
    @pytest.mark.usefixtures("guarded")
    def test_server_that_fails_is_503_and_nobody_is_logged_out(
        self,
        server: EmbeddedValkey,
        fault: faults.Fault,
        assert_bounded_outage: Callable[[Outage], None],
    ) -> None:
        """Down is neither "anonymous" nor "logged in", whoever asks and however."""
        assert_bounded_outage(partial(fault, server))


class TestFull:
    """A server without memory reads and deletes; it only takes nothing new."""

    @pytest.fixture
    def client(
        self, server: EmbeddedValkey, alice: User, log_in: LogIn
    ) -> Iterator[Client]:
        """A client whose user check is due, while the server is full."""
        client = log_in()
        client.get("/put/?colour=red", secure=True)
        client.raise_request_exception = False
        with faults.full(server):
            yield client

    @pytest.mark.parametrize("path", READS)
    @pytest.mark.usefixtures("guarded")
    def test_reading_goes_on(self, client: Client, path: str) -> None:
        """Also where the check of the user is due, and can't be noted."""
        for _ in range(2):
            assert client.get(path, secure=True).status_code == 200

    def test_writing_is_503_and_changes_nothing(self, client: Client) -> None:
        """Half of a change would be worse than none."""
        assert_unavailable(client.get("/put/?colour=blue&size=9", secure=True))

        assert client.get("/look/", secure=True).content == b"red"

    @pytest.mark.parametrize("path", ["/auth/login/", "/auth/session/"])
    @pytest.mark.usefixtures("client")
    def test_login_is_503_and_logs_nobody_in(self, path: str) -> None:
        """Neither a wrong password nor a session that is not kept."""
        kind = {"content_type": "application/json"} if "session" in path else {}
        newcomer = Client(raise_request_exception=False)

        answer = newcomer.post(path, FORM, secure=True, **kind)

        assert answer.status_code == 503
        assert not newcomer.cookies.get(COOKIE)

    @pytest.mark.parametrize("path", ENDS)
    def test_logout_is_done(self, client: Client, path: str) -> None:
        """Deleting takes no memory: who wants out gets out."""
        key = session_key(client)

        assert client.post(path, secure=True).status_code == 204

        assert with_cookie(key).get("/api/me/", secure=True).status_code == 401

    def test_revocation_is_done(self, client: Client, alice: User) -> None:
        """An attack that fills the memory must keep no attacker logged in."""
        assert revoke_all(alice, "test") == 1

        assert client.get("/api/me/", secure=True).status_code == 401


class TestAnswer:
    @pytest.mark.parametrize("spoil", ANSWER_FAULTS.values(), ids=ANSWER_FAULTS)
    def test_answer_that_is_spoilt_is_503_and_nobody_is_logged_out(
        self,
        proxy: FaultyProxy,
        spoil: Spoil,
        assert_bounded_outage: Callable[[Outage], None],
    ) -> None:
        """What arrives in pieces, garbled or as a refusal says nothing of anybody."""
        assert_bounded_outage(partial(proxy.spoiling, spoil))

    def test_what_redis_quotes_is_not_logged(
        self,
        proxy: FaultyProxy,
        log_in: LogIn,
        settings: Settings,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """It quotes what it does not understand: a password, a session's data."""
        settings.MIDDLEWARE = [
            *settings.MIDDLEWARE,
            # Outside of any view a 503 is made of an error that is logged as a crash.
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
        ]
        client = log_in()
        client.raise_request_exception = False
        quoting = say(
            "ERR unknown command 'AUTH', with args beginning with: 'pass1234'"
        )

        with proxy.spoiling(quoting):
            for path in ("/api/me/", "/page/", "/put/?colour=blue"):
                assert_unavailable(client.get(path, secure=True))

        assert "store_down: ResponseError" in caplog.text
        assert "pass1234" not in caplog.text

    def test_kind_of_the_refusal_is_logged(
        self, proxy: FaultyProxy, log_in: LogIn, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Operators need to know which of the many ways to fail it is."""
        client = log_in()

        with proxy.spoiling(say("MISCONF Redis is configured to save snapshots")):
            client.get("/api/me/", secure=True)

        assert "store_down: ResponseError MISCONF" in caplog.text
