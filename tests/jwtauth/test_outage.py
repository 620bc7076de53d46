"""Redis is stopped, hung, loading, full, read-only, emptied: what the endpoints say.

Each test disturbs a server of its own, and ends with that server in order again:
nobody restarts the application, and nothing that was revoked works.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeAlias

import pytest
import redis
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.http import HttpResponse

from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.models import TokenFamily
from jwtauth.signals import denylist_bypassed, token_reused
from jwtauth.stores import revocations
from tests import faults
from tests.conftest import Heard
from tests.faults import Fault, assert_made_twice_at_most
from tests.jwtauth.caller import Caller

pytestmark = pytest.mark.serial

SILENT = [faults.stopped, faults.hung, faults.loading, faults.orphaned]
STILL_READING = [faults.full, faults.read_only]
IN_EITHER_MODE = pytest.mark.parametrize("mode", ["closed", "open"], indirect=True)
Outage: TypeAlias = Callable[[], AbstractContextManager[None]]


def under(*those: Fault) -> pytest.MarkDecorator:
    """Run a test under each of these faults."""
    names = [fault.__name__ for fault in those]
    return pytest.mark.parametrize("outage", those, indirect=True, ids=names)


@pytest.fixture
def valkey() -> Iterator[EmbeddedValkey]:
    """A server that can be made to load for a while."""
    with EmbeddedValkey(options=faults.OPTIONS) as server:
        yield server


@pytest.fixture
def outage(request: pytest.FixtureRequest, server: EmbeddedValkey) -> Outage:
    """The fault of the test; it lasts as long as a ``with`` block."""
    return partial(request.param, server)


@pytest.fixture
def mode(request: pytest.FixtureRequest, jwtauth_settings: Callable[..., None]) -> str:
    """What ``DENYLIST_FAILURE`` says."""
    jwtauth_settings(DENYLIST_FAILURE=request.param)
    return request.param


@pytest.fixture
def bypassed(heard: Heard) -> list[dict[str, Any]]:
    """What ``denylist_bypassed`` tells."""
    return heard(denylist_bypassed)


@pytest.fixture
def live(server: EmbeddedValkey, alice: User, caller: Caller) -> dict[str, Any]:
    """The tokens of a login whose shard of the denylist is filled."""
    return caller.used_login(alice)


def assert_unavailable(response: HttpResponse) -> None:
    assert response.status_code == 503, response.content
    assert response["Retry-After"] == "1"
    assert response.json()["code"] == "store_down"
    assert not response.cookies


class TestNoAnswer:
    @under(*SILENT)
    @pytest.mark.requirement("OPS-02", "RVK-15")
    def test_access_token_failing_closed_is_503_and_counts_again_afterwards(
        self,
        outage: Outage,
        live: dict[str, Any],
        revoked: str,
        caller: Caller,
        attempts: list[str],
        bypassed: list[dict[str, Any]],
    ) -> None:
        """Down is neither "valid" nor "logged out", and one retry is all it costs."""
        with outage():
            attempts.clear()
            assert_unavailable(caller.me(live["access"]))
            assert_made_twice_at_most(attempts)

        assert caller.me(live["access"]).status_code == 200
        assert caller.me(revoked).status_code == 401
        assert bypassed == []

    @under(*SILENT)
    @pytest.mark.parametrize("mode", ["open"], indirect=True)
    @pytest.mark.usefixtures("mode")
    @pytest.mark.requirement("OPS-02", "RVK-15")
    def test_access_token_failing_open_is_accepted_and_counted(
        self,
        outage: Outage,
        revoked: str,
        caller: Caller,
        attempts: list[str],
        bypassed: list[dict[str, Any]],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """Who chose it gets it, revoked tokens too, and can see how many there were."""
        with outage():
            attempts.clear()
            assert caller.me(revoked).status_code == 200
            assert_made_twice_at_most(attempts)

        assert [facts["sid"] for facts in bypassed] == [TokenFamily.objects.get().sid]
        assert [getattr(r, "event", "") for r in caplog.records].count(
            "denylist_bypassed"
        ) == 1
        assert caller.me(revoked).status_code == 401
        assert len(bypassed) == 1

    @pytest.mark.requirement("RVK-15")
    def test_verify_is_503(
        self, server: EmbeddedValkey, live: dict[str, Any], caller: Caller
    ) -> None:
        """It judges as any API request would."""
        server.stop()

        assert_unavailable(caller.post("token/verify/", {"token": live["access"]}))

    def test_login_and_refresh_go_on(
        self, server: EmbeddedValkey, live: dict[str, Any], caller: Caller, alice: User
    ) -> None:
        """They ask the database alone; half a service is better than none."""
        server.stop()

        caller.refreshed(live["refresh"])
        caller.login(alice)


class TestStillReading:
    @under(*STILL_READING)
    @IN_EITHER_MODE
    @pytest.mark.usefixtures("mode")
    @pytest.mark.requirement("OPS-02", "RVK-15")
    def test_access_tokens_are_judged_as_ever(
        self,
        outage: Outage,
        live: dict[str, Any],
        revoked: str,
        caller: Caller,
        bypassed: list[dict[str, Any]],
    ) -> None:
        """A server that can't be written to has not forgotten who was revoked."""
        assert caller.me(revoked).status_code == 401

        with outage():
            assert caller.me(live["access"]).status_code == 200
            assert caller.me(revoked).status_code == 401

        assert bypassed == []

    @under(*STILL_READING)
    @pytest.mark.requirement("OPS-02")
    def test_emptied_server_can_not_be_filled_and_is_not_believed(
        self, server: EmbeddedValkey, outage: Outage, revoked: str, caller: Caller
    ) -> None:
        """What is not there proves nothing, whatever keeps it from being there."""
        flush(server)

        with outage():
            assert_unavailable(caller.me(revoked))

        assert caller.me(revoked).status_code == 401


class TestEmptied:
    @IN_EITHER_MODE
    @pytest.mark.usefixtures("mode")
    @pytest.mark.requirement("RVK-03", "RVK-15")
    def test_access_tokens_are_judged_as_ever(
        self,
        server: EmbeddedValkey,
        live: dict[str, Any],
        revoked: str,
        caller: Caller,
        bypassed: list[dict[str, Any]],
    ) -> None:
        """No marker, no trust: the shard is filled before it is believed."""
        flush(server)

        assert caller.me(revoked).status_code == 401
        assert caller.me(live["access"]).status_code == 200
        assert bypassed == []


class TestRevocation:
    @under(*SILENT, *STILL_READING)
    @IN_EITHER_MODE
    @pytest.mark.usefixtures("mode")
    @pytest.mark.requirement("RVK-05", "OPS-02")
    def test_logout_is_committed_and_not_reported_as_done(
        self,
        outage: Outage,
        live: dict[str, Any],
        caller: Caller,
        attempts: list[str],
    ) -> None:
        """The login has ended; that its access tokens have, nobody can promise yet."""
        with outage():
            attempts.clear()
            assert_unavailable(caller.logout(live["access"]))
            assert_made_twice_at_most(attempts)
            assert caller.refresh(live["refresh"]).status_code == 401

        assert caller.logout(live["access"]).status_code == 204
        assert caller.me(live["access"]).status_code == 401

    @pytest.mark.requirement("RVK-05")
    def test_logout_all_failing_open_is_committed_and_not_reported_as_done(
        self,
        server: EmbeddedValkey,
        live: dict[str, Any],
        caller: Caller,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """Open is about who is let in, never about what is called revoked."""
        jwtauth_settings(DENYLIST_FAILURE="open")
        server.stop()

        assert_unavailable(caller.post("logout/all/", bearer=live["access"]))

        assert not TokenFamily.objects.filter(revoked_at=None).exists()

    @pytest.mark.requirement("RTK-12", "RVK-05")
    def test_reuse_is_committed_told_once_and_not_reported_as_done(
        self,
        server: EmbeddedValkey,
        live: dict[str, Any],
        caller: Caller,
        heard: Heard,
    ) -> None:
        """An outage must not be the moment at which a theft goes unnoticed."""
        second = caller.refreshed(live["refresh"])
        caller.refreshed(second["refresh"])
        told = heard(token_reused)

        with faults.stopped(server):
            assert_unavailable(caller.refresh(live["refresh"]))

        assert caller.refresh(live["refresh"]).status_code == 401
        assert len(told) == 1
        assert caller.me(second["access"]).status_code == 401


class TestReconciler:
    @under(faults.orphaned, *STILL_READING)
    @pytest.mark.requirement("RVK-03", "RVK-05")
    def test_purge_writes_what_the_server_did_not_take(
        self, outage: Outage, live: dict[str, Any], caller: Caller
    ) -> None:
        """Nobody may be there to repeat a logout; the gap closes all the same."""
        with outage():
            assert_unavailable(caller.logout(live["access"]))
        assert caller.me(live["access"]).status_code == 200

        call_command("jwtauth_purge")

        assert caller.me(live["access"]).status_code == 401

    @pytest.mark.requirement("RTK-12", "RVK-05")
    def test_purge_writes_what_reuse_could_not(
        self, server: EmbeddedValkey, live: dict[str, Any], caller: Caller
    ) -> None:
        """Who repeats a refused refresh is refused at once, and writes no entry."""
        caller.refreshed(caller.refreshed(live["refresh"])["refresh"])
        with faults.full(server):
            assert_unavailable(caller.refresh(live["refresh"]))
        assert caller.refresh(live["refresh"]).status_code == 401
        assert caller.me(live["access"]).status_code == 200

        call_command("jwtauth_purge")

        assert caller.me(live["access"]).status_code == 401

    @under(faults.stopped, faults.hung, faults.full)
    @pytest.mark.requirement("OPS-02", "OPS-12")
    def test_purge_says_that_the_denylist_may_have_gaps(
        self, outage: Outage, live: dict[str, Any], attempts: list[str]
    ) -> None:
        """A cron job that succeeds is one that nobody looks at."""
        revocations.revoke(TokenFamily.objects.get().pk.bytes, reason="revoked")

        with outage():
            attempts.clear()
            with pytest.raises(CommandError, match="Redis is down"):
                call_command("jwtauth_purge")
            assert_made_twice_at_most(attempts)

        call_command("jwtauth_purge")


def flush(server: EmbeddedValkey) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.flushall()
