"""Who may go on: what the settings, the manager and the backend say today."""

from uuid import uuid4

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User, UserManager
from django.db.models import QuerySet
from django.test import override_settings

from jwtauth.stores import users
from tests.jwtauth.caller import Caller

OURS = "django.contrib.auth.backends.ModelBackend"


class RetiredBackend(ModelBackend):
    """Proved users once, and still imports."""


class HidingManager(UserManager[User]):
    """Hides whoever has been deleted softly: here, whose last name says so."""

    def get_queryset(self) -> QuerySet[User]:
        return super().get_queryset().exclude(last_name="deleted")


@pytest.fixture
def soft_deletion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the user model's default manager hide rows."""
    manager = HidingManager()
    manager.model, manager.name = User, "objects"
    monkeypatch.setitem(User._meta.__dict__, "default_manager", manager)


class TestParsePk:
    def test_key_is_read_as_the_user_model_of_the_settings_writes_it(self) -> None:
        """What is remembered of one model must not be asked about another."""
        key = uuid4()
        assert users.parse_pk("7") == 7

        with override_settings(AUTH_USER_MODEL="jwtauth.TokenFamily"):
            assert users.parse_pk(str(key)) == key


class TestCanLogIn:
    def test_backend_removed_from_the_settings_ends_its_logins(
        self, alice: User, caller: Caller
    ) -> None:
        """That its module still imports proves nothing."""
        path = f"{__name__}.RetiredBackend"
        with override_settings(AUTHENTICATION_BACKENDS=[path]):
            token = caller.login(alice)["refresh"]

        with override_settings(AUTHENTICATION_BACKENDS=[OURS]):
            assert caller.refresh(token).status_code == 401

    def test_inactive_user_of_a_backend_that_lets_all_in_is_refused(
        self, alice: User, caller: Caller
    ) -> None:
        """A login would be refused: a refresh must be, too."""
        everybody = "django.contrib.auth.backends.AllowAllUsersModelBackend"
        with override_settings(AUTHENTICATION_BACKENDS=[everybody]):
            token = caller.login(alice)["refresh"]
            User.objects.update(is_active=False)

            assert caller.refresh(token).status_code == 401

    @pytest.mark.usefixtures("soft_deletion")
    def test_user_whom_the_manager_hides_is_gone(
        self, alice: User, caller: Caller
    ) -> None:
        """A join reads rows that the backend's get_user() would not find."""
        token = caller.login(alice)["refresh"]
        User._base_manager.update(last_name="deleted")

        assert caller.refresh(token).status_code == 401
