"""After an incident: a restored store, a command that several run at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
import redis
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

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
