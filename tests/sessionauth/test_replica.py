"""Users are read from a replica that lags: what that does to sessions, and the cure."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from pytest_django import Settings

from sessionauth import revoke_all
from tests.replica import ROUTER, CatchUp, lagging_replica
from tests.sessionauth.conftest import PASSWORD

ZERO = timedelta(0)
LogIn = Callable[..., Client]
PAGE = Path(__file__).parents[2] / "docs/reference/sessionauth.md"
(RECIPE,) = [
    code
    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    if "def db_for_read" in code
]
_names: dict[str, Any] = {}
exec(RECIPE, _names)  # noqa: S102 # our own page
UsersOnPrimary = _names["UsersOnPrimary"]

pytestmark = [pytest.mark.postgres, pytest.mark.requirement("OPS-07")]


@pytest.fixture
def alice(transactional_db: None) -> User:
    """Committed, so that a replica can know her."""
    return User.objects.create_user("alice", password=PASSWORD)


@pytest.fixture
def catch_up(alice: User) -> Iterator[CatchUp]:
    """Route reads to a replica; it learns of nothing until this is called."""
    with lagging_replica(User) as copy:
        yield copy


@pytest.fixture
def _recipe(catch_up: CatchUp) -> Iterator[None]:
    """Let users be read as the documentation advises."""
    with override_settings(DATABASE_ROUTERS=[UsersOnPrimary(), ROUTER]):
        yield


def code(client: Client) -> int:
    return client.get("/api/me/", secure=True).status_code


class TestLag:
    @pytest.mark.usefixtures("catch_up")
    def test_replica_has_the_user_as_before_revoke_all_counts_all_the_same(
        self, alice: User, log_in: LogIn
    ) -> None:
        """Sessions end in the store, which has no replica for us."""
        client = log_in()
        assert code(client) == 200

        revoke_all(alice, "test")

        assert code(client) == 401

    def test_replica_has_the_user_as_active_until_it_has_caught_up(
        self, log_in: LogIn, catch_up: CatchUp, settings: Settings
    ) -> None:
        """As documented."""
        settings.SESSIONAUTH = {"USER_CHECK_INTERVAL": ZERO}
        client = log_in()
        User.objects.update(is_active=False)

        before = code(client)
        catch_up()

        assert (before, code(client)) == (200, 401)


@pytest.mark.usefixtures("_recipe")
class TestRecipe:
    def test_user_whom_the_replica_does_not_know_stays_logged_in(
        self, log_in: LogIn
    ) -> None:
        """Who signs up is logged in at once, and must stay so."""
        User.objects.create_user("carol", password=PASSWORD)

        assert code(log_in("carol")) == 200

    def test_password_that_the_replica_does_not_know_ends_nothing(
        self, log_in: LogIn
    ) -> None:
        """The browser that changes it goes on."""
        client = log_in()
        client.post(
            "/password/",
            {
                "old_password": PASSWORD,
                "new_password1": "another horse",
                "new_password2": "another horse",
            },
            secure=True,
        )

        assert client.get("/page/", secure=True).content == b"alice"

    def test_deactivation_counts_before_the_replica_knows(
        self, log_in: LogIn, settings: Settings
    ) -> None:
        """The check asks who knows."""
        settings.SESSIONAUTH = {"USER_CHECK_INTERVAL": ZERO}
        client = log_in()

        User.objects.update(is_active=False)

        assert code(client) == 401
