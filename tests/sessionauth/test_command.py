"""``manage.py sessionauth_revoke``."""

from collections.abc import Callable
from io import StringIO

import pytest
import redis
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from sessionauth.core.session_id import digest
from tests.sessionauth.conftest import session_key, use_server

LogIn = Callable[..., Client]


def revoke(*arguments: str) -> str:
    out = StringIO()
    call_command("sessionauth_revoke", *arguments, stdout=out)
    return out.getvalue()


def code(client: Client) -> int:
    return client.get("/api/me/", secure=True).status_code


@pytest.mark.usefixtures("bob")
class TestRevokeCommand:
    @pytest.mark.parametrize("by", ["name", "pk"])
    def test_user_is_logged_out_everywhere(
        self, alice: User, log_in: LogIn, by: str
    ) -> None:
        """The hotline has a name, the script a primary key."""
        mine, other = [log_in(), log_in()], log_in("bob")

        said = revoke("--user", "alice" if by == "name" else str(alice.pk))

        assert said == "2 session(s) ended.\n"
        assert [code(c) for c in (*mine, other)] == [401, 401, 200]

    @pytest.mark.usefixtures("alice")
    def test_everybody_is_logged_out(self, log_in: LogIn) -> None:
        """One command after an incident."""
        clients = [log_in("alice"), log_in("bob")]

        assert revoke("--all") == "2 session(s) ended.\n"
        assert [code(client) for client in clients] == [401, 401]

    @pytest.mark.parametrize("name", ["nobody", "999999", ""])
    def test_unknown_user_is_one_line(self, name: str) -> None:
        """A typo must not look like success."""
        with pytest.raises(CommandError, match="no user"):
            revoke("--user", name)

    @pytest.mark.parametrize(
        "arguments", [[], ["--user", "alice", "--all"], ["--all", "--reindex"]]
    )
    def test_exactly_one_of_the_three_is_needed(self, arguments: list[str]) -> None:
        """Neither nothing nor everything by accident."""
        with pytest.raises(CommandError):
            revoke(*arguments)

    @pytest.mark.requirement("SES-10")
    def test_lost_index_is_rebuilt_so_that_sessions_can_be_ended(
        self, alice: User, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """It happens by a slip of the hand, or by a server that evicts keys."""
        client, other = log_in(), log_in("bob")
        redis_client.delete(f"sa:u:{alice.pk}", "sa:l")

        assert revoke("--reindex") == "1 session(s) listed that were missing.\n"
        assert [code(client), code(other)] == [200, 200]
        assert revoke("--user", "alice") == "1 session(s) ended.\n"
        assert [code(client), code(other)] == [401, 200]

    @pytest.mark.usefixtures("alice")
    def test_everybody_is_logged_out_whatever_the_records_hold(
        self, log_in: LogIn, redis_client: redis.Redis
    ) -> None:
        """In an emergency nothing of it may stand in the way."""
        client = log_in()
        redis_client.hset(f"sa:s:{digest(session_key(client))}", "c", "x")
        redis_client.set("sa:s:text", "nonsense")
        redis_client.set(b"sa:s:\xff", "nonsense")
        redis_client.set("sa:u:7", "nonsense")
        redis_client.set("sa:l", "nonsense")

        assert revoke("--all") == "3 session(s) ended.\n"
        assert code(client) == 401
        assert redis_client.dbsize() == 0

    @pytest.mark.parametrize(
        "arguments", [["--all"], ["--user", "alice"], ["--reindex"]]
    )
    def test_outage_is_said(
        self, alice: User, settings: Settings, arguments: list[str]
    ) -> None:
        """Whoever runs it must know that sessions may be left."""
        use_server(settings, "unix:///nonexistent")

        with pytest.raises(CommandError, match="Run it again"):
            revoke(*arguments)
