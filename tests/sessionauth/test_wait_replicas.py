"""``WAIT_REPLICAS``: what was acknowledged is on the replicas."""

from collections.abc import Callable, Iterator

import pytest
import redis
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from sessionauth import engine, revoke_all
from sessionauth.conf import SessionLimitPolicy
from sessionauth.core.session_id import digest
from sessionauth.core.timeouts import TimeoutPolicy
from sessionauth.exceptions import StoreDown, WriteUnconfirmed
from sessionauth.flows import login as flow
from sessionauth.flows.revoke import revoke_everybody
from sessionauth.signals import session_revoked
from sessionauth.stores import index, sessions
from tests.conftest import Heard
from tests.harness.patience import until
from tests.harness.replicated import Replicated, replicated
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key, use_server

LogIn = Callable[..., Client]
POLICY = TimeoutPolicy(idle_ms=1_800_000, absolute_ms=86_400_000, user_check_ms=60_000)
NO_LIMIT = (None, SessionLimitPolicy.EVICT_OLDEST)
FORM = {"username": "alice", "password": PASSWORD}

pytestmark = [pytest.mark.serial, pytest.mark.requirement("OPS-02")]


@pytest.fixture(scope="module")
def both() -> Iterator[Replicated]:
    """One pair for all tests here: what they pause they have resumed."""
    with replicated() as servers:
        yield servers


@pytest.fixture
def servers(both: Replicated, settings: Settings) -> Iterator[Replicated]:
    """Put the sessions on a primary whose replica has to confirm."""
    with redis.Redis.from_url(both.primary.url) as client:
        client.flushall()
    # A busy machine is no outage: of this the servers may wait four fifths.
    use_server(settings, both.primary.url, SOCKET_TIMEOUT=10)
    settings.SESSIONAUTH = {"WAIT_REPLICAS": 1}
    yield both
    both.replica.resume()
    both.wait_until_in_step()


@pytest.fixture
def replica_hangs(servers: Replicated, settings: Settings) -> Callable[[], None]:
    def pause() -> None:
        use_server(settings, servers.primary.url, SOCKET_TIMEOUT=1)
        servers.replica.pause()

    return pause


@pytest.fixture
def replica_returns(servers: Replicated, settings: Settings) -> Callable[[], None]:
    def resume() -> None:
        servers.replica.resume()
        use_server(settings, servers.primary.url, SOCKET_TIMEOUT=30)
        servers.wait_until_in_step()

    return resume


def code(client: Client, path: str = "/api/me/") -> int:
    client.raise_request_exception = False
    return client.get(path, secure=True).status_code


def submit(client: Client, path: str) -> int:
    client.raise_request_exception = False
    return client.post(path, FORM, secure=True).status_code


def listed(user: User) -> set[str]:
    return set(index.listed_until(str(user.pk), None)[1])


@pytest.mark.usefixtures("servers")
class TestConfirmed:
    def test_login_and_logout_are_acknowledged(
        self, alice: User, log_in: LogIn
    ) -> None:
        """A replica that follows costs a moment and nothing else."""
        client = log_in()

        assert code(client) == 200
        assert submit(client, "/auth/logout/") == 204
        assert listed(alice) == set()

    def test_acknowledged_login_is_on_the_replica(
        self, alice: User, log_in: LogIn, servers: Replicated
    ) -> None:
        """It may be the primary a moment later."""
        key = session_key(log_in())

        with redis.Redis.from_url(servers.replica.url) as replica:
            assert replica.hexists(f"sa:s:{digest(key)}", "U")
            assert replica.zscore(f"sa:u:{alice.pk}", digest(key))

    def test_script_that_was_forgotten_is_confirmed_too(
        self, alice: User, log_in: LogIn, servers: Replicated
    ) -> None:
        """A promoted server knows no script, and is the one that matters."""
        with redis.Redis.from_url(servers.primary.url) as primary:
            primary.script_flush()

        assert code(log_in()) == 200


class TestLogin:
    @pytest.mark.usefixtures("alice")
    @pytest.mark.parametrize("path", ["/auth/login/", "/auth/session/"])
    def test_unconfirmed_login_is_503_without_a_cookie(
        self, replica_hangs: Callable[[], None], path: str
    ) -> None:
        """A failover could lose a session that the user believes to have."""
        replica_hangs()
        client = Client(raise_request_exception=False)
        kind = {"content_type": "application/json"} if "session" in path else {}

        answer = client.post(path, FORM, secure=True, **kind)

        assert answer.status_code == 503
        assert COOKIE not in answer.cookies

    @pytest.mark.usefixtures("alice")
    @pytest.mark.parametrize("step", ["create_session", "_admit", "save_session"])
    def test_unconfirmed_login_does_not_fill_the_limit(
        self,
        replica_hangs: Callable[[], None],
        servers: Replicated,
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
        log_in: LogIn,
        step: str,
    ) -> None:
        """Who tries again must not be locked out by a session that nobody has."""
        settings.SESSIONAUTH = {
            "WAIT_REPLICAS": 1,
            "MAX_SESSIONS_PER_USER": 1,
            "SESSION_LIMIT_POLICY": "deny",
        }
        place = engine if step == "create_session" else flow
        original = getattr(place, step)

        def hang_first(*args: object, **options: object) -> object:
            replica_hangs()
            return original(*args, **options)

        with monkeypatch.context() as patched:
            patched.setattr(place, step, hang_first)
            assert submit(Client(), "/auth/login/") == 503
        servers.replica.resume()
        servers.wait_until_in_step()
        use_server(settings, servers.primary.url, SOCKET_TIMEOUT=10)

        assert code(log_in()) == 200

    @pytest.mark.usefixtures("alice")
    def test_loads_and_saves_do_not_wait(
        self, log_in: LogIn, replica_hangs: Callable[[], None]
    ) -> None:
        """A replica that is gone must not make every request slow."""
        client = log_in()
        replica_hangs()

        assert code(client) == 200
        assert code(client, "/look/") == 200
        client.get("/put/?colour=red", secure=True)
        assert client.get("/look/", secure=True).content == b"red"


class TestRevocation:
    @pytest.mark.usefixtures("alice")
    def test_unconfirmed_logout_is_503_again_and_again(
        self, log_in: LogIn, replica_hangs: Callable[[], None]
    ) -> None:
        """The second try finds nothing to end, and can't promise that it lasts."""
        client = log_in()
        replica_hangs()

        codes = [submit(client, "/auth/logout/") for _ in range(2)]

        assert codes == [503, 503]
        assert client.cookies[COOKIE].value

    @pytest.mark.usefixtures("alice")
    def test_repeated_logout_is_acknowledged_when_the_replica_is_back(
        self,
        log_in: LogIn,
        replica_hangs: Callable[[], None],
        replica_returns: Callable[[], None],
    ) -> None:
        """Whoever tries again gets there."""
        client = log_in()
        replica_hangs()
        assert submit(client, "/auth/logout/") == 503
        replica_returns()

        assert submit(client, "/auth/logout/") == 204
        assert code(client) == 401

    @pytest.mark.usefixtures("alice")
    def test_end_of_all_logins_can_be_asked_for_again(
        self,
        log_in: LogIn,
        replica_hangs: Callable[[], None],
        replica_returns: Callable[[], None],
    ) -> None:
        """Whoever was told to try again must not be a stranger by then."""
        client, other = log_in(), log_in()
        replica_hangs()
        assert submit(client, "/auth/logout/all/") == 503
        replica_returns()

        assert submit(client, "/auth/logout/all/") == 204
        assert [code(client), code(other)] == [401, 401]

    def test_unconfirmed_revocation_ends_every_session_all_the_same(
        self,
        alice: User,
        log_in: LogIn,
        replica_hangs: Callable[[], None],
        round_trips: list[str],
    ) -> None:
        """It is the best there is now, and five sessions don't wait five times."""
        submit(log_in(), "/auth/logout/")  # from here on the server knows the script
        clients = [log_in() for _ in range(5)]
        replica_hangs()
        round_trips.clear()

        with pytest.raises(WriteUnconfirmed):
            revoke_all(alice, "test")

        # What waits is sent as a pair.
        assert round_trips.count("PIPELINE") == 1
        assert [code(client) for client in clients] == [401] * 5

    def test_unconfirmed_revocation_stays_listed(
        self, alice: User, log_in: LogIn, replica_hangs: Callable[[], None]
    ) -> None:
        """A failover may bring the record back: whoever repeats it must find it."""
        client = log_in()
        replica_hangs()

        with pytest.raises(WriteUnconfirmed):
            revoke_all(alice, "test")

        assert listed(alice) == {digest(session_key(client))}

    def test_unconfirmed_revocation_is_reported(
        self,
        alice: User,
        log_in: LogIn,
        replica_hangs: Callable[[], None],
        heard: Heard,
    ) -> None:
        """The session has ended: an audit that misses it would be wrong."""
        log_in()
        replica_hangs()
        told = heard(session_revoked)

        with pytest.raises(WriteUnconfirmed):
            revoke_all(alice, "test")

        assert [facts["reason"] for facts in told] == ["test"]

    @pytest.mark.usefixtures("alice")
    def test_unconfirmed_end_of_everybody_is_an_error(
        self, log_in: LogIn, replica_hangs: Callable[[], None]
    ) -> None:
        """In an emergency nobody wants to find out later."""
        client = log_in()
        replica_hangs()

        with pytest.raises(WriteUnconfirmed):
            revoke_everybody()

        assert code(client) == 401

    @pytest.mark.usefixtures("alice")
    def test_login_that_is_unconfirmed_from_the_start_leaves_the_session_as_it_was(
        self, log_in: LogIn, replica_hangs: Callable[[], None]
    ) -> None:
        """Nobody is logged out by replicas that are slow."""
        client = log_in()
        replica_hangs()

        answer = client.post("/auth/login/", FORM, secure=True)

        assert answer.status_code == 503
        assert COOKIE not in answer.cookies
        assert code(client) == 200

    @pytest.mark.usefixtures("alice")
    def test_unconfirmed_renewal_leaves_no_id_valid(
        self,
        log_in: LogIn,
        replica_hangs: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The old id might come back to life, so the new one is not given away."""
        client, renew = log_in(), sessions.renew

        def renew_while_it_hangs(*digests: str) -> object:
            replica_hangs()
            return renew(*digests)

        monkeypatch.setattr(sessions, "renew", renew_while_it_hangs)
        answer = client.post("/auth/login/", FORM, secure=True)

        assert answer.status_code == 503
        assert COOKIE not in answer.cookies
        assert code(client) == 401


class TestPartition:
    def test_primary_that_must_have_replicas_reads_no_session_without(
        self, servers: Replicated
    ) -> None:
        """The documented cure: cut off, it may know sessions that were revoked."""
        sessions.create("old", POLICY)
        with redis.Redis.from_url(servers.primary.url) as primary:
            primary.config_set("min-replicas-max-lag", 1)
            primary.config_set("min-replicas-to-write", 1)
            servers.replica.pause()
            try:
                until(
                    lambda: primary.info("replication")["min_slaves_good_slaves"] == 0
                )

                with pytest.raises(StoreDown):
                    sessions.load("old", POLICY)
            finally:
                primary.config_set("min-replicas-to-write", 0)


class TestSteps:
    @pytest.mark.parametrize(
        "step",
        [
            pytest.param(lambda: sessions.create("new", POLICY), id="create"),
            pytest.param(lambda: sessions.renew("old", "new"), id="renew"),
            pytest.param(lambda: sessions.delete("old"), id="delete"),
            pytest.param(
                lambda: sessions.save("old", {b":k": b"1"}, (), POLICY, confirmed=True),
                id="save",
            ),
            pytest.param(
                lambda: index.admit("7", "new", None, NO_LIMIT, POLICY), id="admit"
            ),
            pytest.param(lambda: index.swap("7", "old", "new"), id="swap"),
        ],
    )
    def test_step_that_opens_or_ends_is_unconfirmed_while_the_replica_hangs(
        self, replica_hangs: Callable[[], None], step: Callable[[], object]
    ) -> None:
        """In a cluster each step may have another primary: none can wait for all."""
        sessions.create("old", POLICY)
        index.admit("7", "old", None, NO_LIMIT, POLICY)
        replica_hangs()

        with pytest.raises(WriteUnconfirmed):
            step()

    @pytest.mark.parametrize(
        "step",
        [
            pytest.param(lambda: sessions.load("old", POLICY), id="load"),
            pytest.param(
                lambda: sessions.save("old", {b":k": b"1"}, (), POLICY), id="save"
            ),
            pytest.param(lambda: sessions.discard("old"), id="discard"),
            pytest.param(lambda: index.forget("7", ["old"]), id="forget"),
        ],
    )
    def test_step_of_every_day_does_not_wait(
        self,
        replica_hangs: Callable[[], None],
        step: Callable[[], object],
        round_trips: list[str],
    ) -> None:
        """Nothing that a failover could undo here would let anybody in."""
        sessions.create("old", POLICY)
        replica_hangs()
        round_trips.clear()

        step()

        assert "PIPELINE" not in round_trips
