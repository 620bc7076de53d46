"""Reads go to a replica that lags: nothing old is believed about a login."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User

from jwtauth.models import TokenFamily
from jwtauth.signals import token_reused
from tests.conftest import Heard
from tests.jwtauth.caller import PASSWORD, Caller
from tests.replica import CatchUp, lagging_replica

pytestmark = pytest.mark.postgres

USER_CHANGES = pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"password": make_password("another")}],
    ids=["deactivated", "password"],
)


@pytest.fixture
def catch_up(alice: User) -> Iterator[CatchUp]:
    """Route reads to a replica; it learns of nothing until this is called."""
    with lagging_replica(User, TokenFamily) as copy:
        yield copy


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
