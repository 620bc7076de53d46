"""``manage.py jwtauth_revoke``."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
import redis
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import override_settings

from jwtauth.models import TokenFamily
from tests.faults import unreachable
from tests.jwtauth.caller import Caller


def revoke(*arguments: str) -> str:
    out = StringIO()
    call_command("jwtauth_revoke", *arguments, stdout=out)
    return out.getvalue()


class TestRevokeCommand:
    @pytest.mark.requirement("RVK-03")
    @pytest.mark.parametrize("by", ["name", "pk"])
    def test_user_is_logged_out_everywhere(
        self, alice: User, bob: User, caller: Caller, by: str
    ) -> None:
        """The hotline has a name, the script a primary key."""
        mine, other = [caller.login(alice), caller.login(alice)], caller.login(bob)

        said = revoke("--user", "alice" if by == "name" else str(alice.pk))

        assert said == "2 login(s) ended.\n"
        codes = [caller.me(tokens["access"]).status_code for tokens in (*mine, other)]
        assert codes == [401, 401, 200]

    def test_everybody_is_logged_out(
        self, alice: User, bob: User, caller: Caller
    ) -> None:
        """One command after an incident."""
        logins = [caller.login(alice), caller.login(bob)]

        assert revoke("--all") == "2 login(s) ended.\n"
        assert [caller.me(tokens["access"]).status_code for tokens in logins] == [
            401
        ] * 2
        assert revoke("--all") == "0 login(s) ended.\n"

    @pytest.mark.parametrize("who", [["--all"], ["--user", "alice"]])
    def test_reason_goes_on_record(
        self, alice: User, caller: Caller, who: list[str]
    ) -> None:
        """Whoever looks into it later wants to know why."""
        caller.login(alice)

        revoke(*who, "--reason", "logout_all")

        assert TokenFamily.objects.get().revoked_reason == "logout_all"

    def test_reason_left_out_is_that_of_an_operator(
        self, alice: User, caller: Caller
    ) -> None:
        """Nobody else has a command line."""
        caller.login(alice)

        revoke("--all")

        assert TokenFamily.objects.get().revoked_reason == "revoked"

    @pytest.mark.parametrize("name", ["nobody", "999999", ""])
    def test_unknown_user_is_one_line(self, alice: User, name: str) -> None:
        """A typo must not look like success."""
        with pytest.raises(CommandError, match="no user"):
            revoke("--user", name)

    @pytest.mark.parametrize(
        "arguments",
        [[], ["--user", "alice", "--all"], ["--all", "--reason", "whim"]],
    )
    def test_wrong_usage_ends_nothing(
        self, alice: User, caller: Caller, arguments: list[str]
    ) -> None:
        """Neither nothing nor everything by accident."""
        caller.login(alice)

        with pytest.raises(CommandError) as fault:
            revoke(*arguments)

        assert "\n" not in str(fault.value)
        assert TokenFamily.objects.filter(revoked_at=None).exists()

    @pytest.mark.requirement("RVK-05")
    @pytest.mark.parametrize("arguments", [["--all"], ["--user", "alice"]])
    def test_outage_is_said(
        self, alice: User, caller: Caller, arguments: list[str]
    ) -> None:
        """The logins have ended; whoever runs it must know that tokens may be left."""
        refresh = caller.login(alice)["refresh"]

        with unreachable(), pytest.raises(CommandError, match="jwtauth_purge"):
            revoke(*arguments)

        assert caller.refresh(refresh).status_code == 401

    @pytest.mark.parametrize("arguments", [["--all"], ["--user", "alice"]])
    def test_refresh_only_needs_no_redis(
        self,
        alice: User,
        caller: Caller,
        jwtauth_settings: Callable[..., None],
        arguments: list[str],
    ) -> None:
        """Who accepts the delay has nothing that could be down."""
        jwtauth_settings(REVOCATION="refresh_only")
        caller.login(alice)

        with unreachable():
            assert revoke(*arguments) == "1 login(s) ended.\n"


class LostReplica:
    """A router that sends reads to a replica which is not there."""

    def db_for_read(self, model: type, **hints: object) -> str:
        return "replica"

    def db_for_write(self, model: type, **hints: object) -> str:
        return "default"


class TestReplica:
    @pytest.mark.parametrize("who", [["--all"], ["--user", "alice"]])
    def test_replica_is_not_asked(
        self, alice: User, caller: Caller, who: list[str]
    ) -> None:
        """One that lags would not know of the login that is to end."""
        caller.login(alice)

        with override_settings(DATABASE_ROUTERS=[f"{__name__}.LostReplica"]):
            assert revoke(*who) == "1 login(s) ended.\n"


class TestRestoredBackup:
    @pytest.mark.requirement("OPS-11")
    def test_logins_that_a_backup_revived_are_ended(
        self, alice: User, caller: Caller, redis_client: redis.Redis
    ) -> None:
        """The backup was made before the logout, and Redis began anew."""
        tokens = caller.login(alice)
        backup = TokenFamily.objects.values().get()
        caller.logout(tokens["access"])
        restore(backup)
        redis_client.flushdb()
        assert caller.me(tokens["access"]).status_code == 200

        assert revoke("--all") == "1 login(s) ended.\n"

        assert caller.me(tokens["access"]).status_code == 401
        assert caller.refresh(tokens["refresh"]).status_code == 401


def restore(backup: dict[str, Any]) -> None:
    TokenFamily.objects.all().delete()
    TokenFamily.objects.create(**backup)
