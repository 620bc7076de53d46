"""Reads go to a replica that lags: nothing old is believed about a login."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, TypeAlias

import pytest
import redis
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.db import connection, connections
from django.db.models import Model
from django.test import override_settings

from jwtauth.models import TokenFamily
from jwtauth.signals import token_reused
from tests.conftest import Heard
from tests.jwtauth.caller import PASSWORD, Caller

pytestmark = pytest.mark.postgres

CatchUp: TypeAlias = Callable[[], None]
USER_CHANGES = pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"password": make_password("another")}],
    ids=["deactivated", "password"],
)


class ReadsFromReplica:
    """The router of Django's documentation: one primary, one replica."""

    def db_for_read(self, model: type[Model], **hints: object) -> str:
        return "replica"

    def db_for_write(self, model: type[Model], **hints: object) -> str:
        return "default"

    def allow_relation(self, one: Model, other: Model, **hints: object) -> bool:
        return True


@pytest.fixture
def catch_up(alice: User) -> Iterator[CatchUp]:
    """Route reads to a replica; it learns of nothing until this is called.

    It is a schema of the same database: it has users and families, and nothing else.
    """
    settings: dict[str, Any] = deepcopy(connection.settings_dict)
    settings["OPTIONS"]["options"] = "-c search_path=replica"
    connections.settings["replica"] = settings
    router = f"{__name__}.{ReadsFromReplica.__name__}"
    # Connected here: of aliases that it has not set up Django opens no connection.
    connections["replica"].connect()
    try:
        _copy()
        with override_settings(DATABASE_ROUTERS=[router]):
            yield _copy
    finally:
        connections["replica"].close()
        del connections["replica"], connections.settings["replica"]
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA replica CASCADE")


def _copy() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS replica CASCADE")
        cursor.execute("CREATE SCHEMA replica")
        for model in (User, TokenFamily):
            table = model._meta.db_table
            cursor.execute(f"CREATE TABLE replica.{table} AS TABLE public.{table}")


class TestRefresh:
    @pytest.mark.requirement("OPS-07", "RTK-09")
    def test_replica_does_not_know_the_login_refresh_goes_on(
        self, catch_up: CatchUp, alice: User, caller: Caller
    ) -> None:
        """The first refresh may come before the replica has the row."""
        token = caller.login(alice)["refresh"]

        caller.refreshed(caller.refreshed(token)["refresh"])

        assert TokenFamily.objects.using("default").get().generation == 2
        assert not TokenFamily.objects.exists()

    @pytest.mark.requirement("OPS-07", "RTK-09")
    def test_replica_two_generations_behind_fresh_token_is_not_called_reused(
        self, catch_up: CatchUp, alice: User, caller: Caller, heard: Heard
    ) -> None:
        """Read there, a fresh token looks like one of a restored backup."""
        token = caller.login(alice)["refresh"]
        catch_up()
        told = heard(token_reused)

        for _ in range(3):
            token = caller.refreshed(token)["refresh"]

        assert told == []

    @pytest.mark.requirement("RTK-12")
    def test_replica_behind_used_token_is_reuse_all_the_same(
        self, catch_up: CatchUp, alice: User, caller: Caller
    ) -> None:
        """Read there, a stolen token would still be the newest."""
        stolen = caller.login(alice)["refresh"]
        catch_up()
        caller.refreshed(caller.refreshed(stolen)["refresh"])

        assert caller.refresh(stolen).status_code == 401

        (family,) = TokenFamily.objects.using("default")
        assert family.revoked_reason == "reuse"

    @pytest.mark.requirement("RVK-10")
    @USER_CHANGES
    def test_replica_has_the_user_as_before_refresh_is_refused(
        self,
        catch_up: CatchUp,
        alice: User,
        caller: Caller,
        change: dict[str, Any],
    ) -> None:
        """Deactivated is deactivated, wherever the replica is."""
        token = caller.login(alice)["refresh"]
        catch_up()
        User.objects.filter(pk=alice.pk).update(**change)

        assert caller.refresh(token).status_code == 401


class TestLogin:
    @pytest.mark.requirement("OPS-07", "RVK-10")
    @USER_CHANGES
    def test_replica_has_the_user_as_before_login_is_refused(
        self, catch_up: CatchUp, alice: User, caller: Caller, change: dict[str, Any]
    ) -> None:
        """Django's backend proves by the replica; the primary has the last word."""
        User.objects.filter(pk=alice.pk).update(**change)

        response = caller.post("token/", {"username": "alice", "password": PASSWORD})

        assert response.status_code == 401
        assert not TokenFamily.objects.using("default").exists()


class TestRights:
    @pytest.fixture
    def editors(self, alice: User) -> Group:
        """A group that alice is in; the replica has never heard of groups."""
        group = Group.objects.create(name="editors")
        alice.groups.add(group)
        return group

    @pytest.mark.requirement("OPS-07", "RVK-10")
    @pytest.mark.parametrize(
        "lose",
        [
            lambda user, group: user.groups.remove(group),
            lambda user, group: group.user_set.remove(user),
        ],
    )
    def test_replica_knows_no_groups_a_lost_one_ends_the_login(
        self,
        editors: Group,
        catch_up: CatchUp,
        alice: User,
        caller: Caller,
        lose: Callable[[User, Group], None],
    ) -> None:
        """Who was a member is for the primary to say."""
        token = caller.login(alice)["refresh"]

        lose(alice, editors)

        assert caller.refresh(token).status_code == 401

    @pytest.mark.requirement("OPS-07", "ATJ-06")
    def test_replica_knows_no_groups_the_scope_is_that_of_the_primary(
        self,
        editors: Group,
        catch_up: CatchUp,
        alice: User,
        caller: Caller,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """Otherwise it would grant again what has just been taken away."""
        jwtauth_settings(CLAIMS="jwtauth.scopes.group_scopes")

        assert caller.login(alice)["scope"] == "editors"


class TestRevocation:
    @pytest.mark.requirement("OPS-07", "RVK-03")
    def test_replica_has_the_login_as_live_it_has_ended_everywhere(
        self, catch_up: CatchUp, alice: User, caller: Caller
    ) -> None:
        """Neither of its tokens works."""
        tokens = caller.used_login(alice)
        catch_up()

        assert caller.logout(tokens["access"]).status_code == 204

        assert caller.refresh(tokens["refresh"]).status_code == 401
        assert caller.me(tokens["access"]).status_code == 401

    @pytest.mark.requirement("OPS-07", "RVK-03")
    def test_replica_has_the_login_as_live_emptied_denylist_is_filled_rightly(
        self,
        catch_up: CatchUp,
        alice: User,
        caller: Caller,
        redis_client: redis.Redis,
    ) -> None:
        """A shard filled from old rows would be believed for ever."""
        tokens = caller.login(alice)
        catch_up()
        caller.logout(tokens["access"])
        redis_client.flushdb()

        assert caller.me(tokens["access"]).status_code == 401

    @pytest.mark.requirement("OPS-07", "RVK-09")
    def test_replica_knows_no_login_all_are_ended(
        self, catch_up: CatchUp, alice: User, caller: Caller
    ) -> None:
        """Logins that the replica has not heard of are the ones that count."""
        one, two = caller.used_login(alice), caller.used_login(alice)

        response = caller.post("logout/all/", bearer=one["access"])

        assert response.status_code == 204
        for tokens in (one, two):
            assert caller.refresh(tokens["refresh"]).status_code == 401
            assert caller.me(tokens["access"]).status_code == 401


class TestUser:
    def test_row_behind_an_access_token_may_come_from_the_replica(
        self,
        catch_up: CatchUp,
        alice: User,
        caller: Caller,
        jwtauth_settings: Callable[..., None],
    ) -> None:
        """It is the project's own read; ``update()`` counts as soon as it is there."""
        jwtauth_settings(USER="database")
        access_token = caller.login(alice)["access"]
        User.objects.filter(pk=alice.pk).update(is_active=False)
        assert caller.me(access_token).status_code == 200

        catch_up()

        assert caller.me(access_token).status_code == 401
