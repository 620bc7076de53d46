"""The program that looks into the stores, on the test servers."""

import pytest
from django.contrib.auth.models import User

from demo_project.compare.modes import MODES
from demo_project.compare.stores.probe import stored_login
from demo_project.compare.stores.stored_login import StoredLogin
from demo_project.devices import BROWSER, JwtDevice, SessionDevice
from tests.demo_project.client_caller import ClientCaller
from tests.demo_project.conftest import PASSWORD

USES = 3

pytestmark = pytest.mark.django_db(transaction=True)


def _stored(name: str, user: User) -> StoredLogin:
    [mode] = [mode for mode in MODES if mode.name == name]
    kind = JwtDevice if mode.is_jwt else SessionDevice
    device = kind(ClientCaller(BROWSER), f"/{mode.scheme}")
    return stored_login(mode, device, (user.username, PASSWORD), USES)


class TestSession:
    def test_login_leaves_its_record_and_the_list_of_its_user(
        self, alice: User
    ) -> None:
        """The only login of a user has a list to itself."""
        found = _stored("session", alice)

        assert found.login.redis_keys == 2
        assert found.login.redis_bytes > 2 * len("sa:s:" + "0" * 64)
        assert found.memory_bytes > found.login.redis_bytes / 2
        assert found.login.rows == {}

    def test_second_look_at_the_same_user_finds_the_same(self, alice: User) -> None:
        """Other measures have logged in before."""
        first = _stored("session", alice)

        assert _stored("session", alice).login == first.login

    def test_requests_add_nothing(self, alice: User) -> None:
        """A session that grew with its use would fill the memory."""
        found = _stored("session", alice)

        assert found.uses.redis_keys == found.uses.redis_bytes == 0
        assert found.uses.rows == {}


class TestJwt:
    def test_login_leaves_one_row(self, alice: User) -> None:
        """The mark of its shard of the denylist is not the login's."""
        found = _stored("jwt_denylist", alice)

        assert found.login.rows == {"jwtauth_tokenfamily": 1}
        assert found.login.redis_keys == found.login.redis_bytes == 0
        assert found.login.row_bytes < found.disk_bytes

    def test_refreshes_add_nothing(self, alice: User) -> None:
        """The row is rewritten in place."""
        found = _stored("jwt_denylist", alice)

        assert found.uses.rows == {}
        assert found.uses.row_bytes == found.uses.redis_bytes == 0

    def test_logout_leaves_one_entry_in_the_denylist(self, alice: User) -> None:
        """It is the one thing in Redis that a login ever causes."""
        found = _stored("jwt_denylist", alice)

        # "sid:", the 22 characters of the sid, and a score.
        assert found.logout.redis_bytes == 4 + 22 + 8
