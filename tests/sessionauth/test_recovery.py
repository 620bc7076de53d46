"""After an incident: a restored store, a command that several run at once."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from sessionauth.engine import SessionStore
from tests.sessionauth.conftest import session_key, with_cookie

LogIn = Callable[..., Client]
Backup = list[tuple[bytes, int, bytes]]


def code(client: Client) -> int:
    return client.get("/api/me/", secure=True).status_code


def backup_of(client: redis.Redis) -> Backup:
    """Every key with what it has left to live, as a snapshot holds them."""
    return [(key, client.pttl(key), client.dump(key)) for key in client.scan_iter()]


def restore(client: redis.Redis, backup: Backup) -> None:
    client.flushdb()
    for key, left_ms, value in backup:
        client.restore(key, left_ms, value)


def revoke_everybody() -> int:
    """Run the command; return how many it says it has ended."""
    out = StringIO()
    call_command("sessionauth_revoke", "--all", stdout=out)
    return int(out.getvalue().split()[0])


class TestRestoredStore:
    @pytest.mark.requirement("OPS-11")
    @pytest.mark.usefixtures("alice")
    def test_session_that_a_backup_revived_ends_with_the_command(
        self, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """A backup knows nothing of the logout that came after it."""
        client = log_in()
        copy = Client()
        copy.cookies.load({n: m.value for n, m in client.cookies.items()})
        backup = backup_of(redis_client)
        client.post("/auth/logout/", secure=True)
        assert code(copy) == 401
        restore(redis_client, backup)
        assert code(copy) == 200, "as the how-to warns"

        assert revoke_everybody() == 1

        assert code(copy) == 401
        assert code(log_in()) == 200

    @pytest.mark.requirement("OPS-11")
    def test_session_that_a_backup_revived_is_as_good_as_its_user(
        self, alice: User, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """Who changed the password because of a theft is safe without any command."""
        client = log_in()
        assert code(client) == 200
        backup = backup_of(redis_client)
        alice.set_password("another horse")
        alice.save()
        restore(redis_client, backup)

        page = client.get("/page/", secure=True)

        assert page.content == b"AnonymousUser"
        assert code(client) == 401


class TestTwice:
    @pytest.mark.requirement("OPS-12")
    @pytest.mark.usefixtures("alice")
    def test_command_that_runs_several_times_at_once_ends_each_session_once(
        self, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """In an incident nobody asks first who else has typed it."""
        clients = [log_in() for _ in range(20)]

        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(revoke_everybody) for _ in range(4)]
            ended = [future.result() for future in futures]

        assert sum(ended) == len(clients)
        assert revoke_everybody() == 0
        assert redis_client.dbsize() == 0
        assert {code(client) for client in clients} == {401}


class TestMeanwhile:
    @pytest.mark.requirement("OPS-12")
    @pytest.mark.parametrize("times", [1, 3])
    @pytest.mark.usefixtures("alice")
    def test_session_that_is_renewed_during_the_scan_ends_too(
        self, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, times: int
    ) -> None:
        """After a leaked SECRET_KEY was replaced, every session in use is renewed."""
        session = SessionStore(session_key(log_in()))
        scan, scans = redis.Redis.scan_iter, []

        def scan_and_renew(self: redis.Redis, *args: Any, **options: Any) -> Any:  # noqa: ANN401 # redis-py's
            found = list(scan(self, *args, **options))
            scans.append(options)
            if len(scans) <= times:
                session.cycle_key()
            return iter(found)

        monkeypatch.setattr(redis.Redis, "scan_iter", scan_and_renew)
        revoke_everybody()

        assert code(with_cookie(session.session_key or "")) == 401

    @pytest.mark.requirement("OPS-12")
    @pytest.mark.usefixtures("alice")
    def test_login_that_begins_during_the_scan_goes_on(
        self, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever proves to be there anew is not the one to be ended."""
        ended, begun, scan = log_in(), Client(), redis.Redis.scan_iter

        def scan_and_log_in(self: redis.Redis, *args: Any, **options: Any) -> Any:  # noqa: ANN401 # redis-py's
            found = list(scan(self, *args, **options))
            monkeypatch.undo()
            time.sleep(0.002)  # The instants of a record are milliseconds.
            log_in(client=begun)
            return iter(found)

        monkeypatch.setattr(redis.Redis, "scan_iter", scan_and_log_in)
        revoke_everybody()

        assert [code(ended), code(begun)] == [401, 200]
