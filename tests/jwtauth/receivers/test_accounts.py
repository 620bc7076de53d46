"""What ends a user's logins: every way in which a user changes, and none other."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.signals import user_login_failed
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.db import connection, transaction
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.signals import family_revoked
from tests.conftest import Heard
from tests.faults import unreachable
from tests.jwtauth.browser import ACCESS, REFRESH, Browser, get_with_cookies
from tests.jwtauth.caller import PASSWORD, PREFIX, Caller
from tests.jwtauth.conftest import age

NEW_PASSWORD = "a new one, quite as good"
PBKDF2 = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
MD5 = "django.contrib.auth.hashers.MD5PasswordHasher"


class OvertakenBackend(ModelBackend):
    """Lets another login store its own hash of the password, the first time."""

    overtaken = False

    def authenticate(
        self, request: HttpRequest | None, **credentials: str
    ) -> AbstractBaseUser | None:
        user = super().authenticate(request, **credentials)
        if not OvertakenBackend.overtaken:
            OvertakenBackend.overtaken = True
            User.objects.update(password=make_password(PASSWORD))
        return user


class AlwaysOvertakenBackend(ModelBackend):
    """The same, every time."""

    def authenticate(
        self, request: HttpRequest | None, **credentials: str
    ) -> AbstractBaseUser | None:
        user = super().authenticate(request, **credentials)
        User.objects.update(password=make_password(PASSWORD))
        return user


def change_password(browser: Browser) -> HttpResponse:
    """Send Django's own form."""
    return browser.post_form(
        "/password/",
        old_password=PASSWORD,
        new_password1=NEW_PASSWORD,
        new_password2=NEW_PASSWORD,
    )


def family() -> TokenFamily:
    return TokenFamily.objects.get()


def set_password(user: User) -> None:
    user.set_password(NEW_PASSWORD)
    user.save()


def assign_password(user: User) -> None:
    user.password = make_password(NEW_PASSWORD)
    user.save()


def assign_password_alone(user: User) -> None:
    user.password = make_password(NEW_PASSWORD)
    user.save(update_fields=["password"])


def set_unusable_password(user: User) -> None:
    user.set_unusable_password()
    user.save(update_fields=["password"])


def set_twice(user: User) -> None:
    """The second time looks most like an upgrade of the hash."""
    user.set_password(PASSWORD)
    user.save(update_fields=["email"])
    user.password = make_password(NEW_PASSWORD)
    user.save(update_fields=["password"])


def upgrade(user: User) -> None:
    """What a login does, under whichever hasher comes first then."""
    with override_settings(PASSWORD_HASHERS=[PBKDF2, MD5]):
        assert user.check_password(PASSWORD)


def assign_after_upgrade(user: User) -> None:
    upgrade(user)
    assign_password_alone(user)


def make_unusable_like_an_upgrade(user: User) -> None:
    user.set_password(PASSWORD)
    user._password = None
    set_unusable_password(user)


def save_more_than_an_upgrade(user: User) -> None:
    user.set_password(PASSWORD)
    user._password = None
    user.save(update_fields=["password", "email"])


def change_by_key(user: User) -> None:
    """An object that was never read from the database."""
    User(pk=user.pk, username="alice", password=make_password(NEW_PASSWORD)).save()


def setter(**values: object) -> Callable[[User], None]:
    def change(user: User) -> None:
        for name, value in values.items():
            setattr(user, name, value)
        user.save()

    return change


def change_in_admin(user: User) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    client = Client()
    client.force_login(root)
    response = client.post(
        f"/admin/auth/user/{user.pk}/password/",
        {
            "password1": NEW_PASSWORD,
            "password2": NEW_PASSWORD,
            "usable_password": "true",
        },
        secure=True,
    )
    assert response.status_code == 302, response.content


CHANGES: list[tuple[Callable[[User], Any], RevocationReason]] = [
    (set_password, RevocationReason.PASSWORD_CHANGED),
    (assign_password, RevocationReason.PASSWORD_CHANGED),
    (assign_password_alone, RevocationReason.PASSWORD_CHANGED),
    (set_unusable_password, RevocationReason.PASSWORD_CHANGED),
    (set_twice, RevocationReason.PASSWORD_CHANGED),
    (assign_after_upgrade, RevocationReason.PASSWORD_CHANGED),
    (make_unusable_like_an_upgrade, RevocationReason.PASSWORD_CHANGED),
    (save_more_than_an_upgrade, RevocationReason.PASSWORD_CHANGED),
    (change_by_key, RevocationReason.PASSWORD_CHANGED),
    (change_in_admin, RevocationReason.PASSWORD_CHANGED),
    (setter(is_active=False), RevocationReason.USER_DEACTIVATED),
    (setter(email="other@example.com"), RevocationReason.ACCOUNT_CHANGED),
    (setter(username="bob"), RevocationReason.ACCOUNT_CHANGED),
    (setter(is_staff=True), RevocationReason.PRIVILEGES_CHANGED),
    (setter(is_superuser=True), RevocationReason.PRIVILEGES_CHANGED),
    (User.delete, RevocationReason.USER_DELETED),
    (lambda user: User.objects.all().delete(), RevocationReason.USER_DELETED),
]


class TestChange:
    @pytest.mark.requirement("RVK-10")
    @pytest.mark.parametrize(("change", "reason"), CHANGES)
    def test_change_of_the_user_ends_the_login_at_once(
        self,
        alice: User,
        caller: Caller,
        change: Callable[[User], Any],
        reason: RevocationReason,
    ) -> None:
        """Whoever was let in as another kind of user has to be let in again."""
        body = caller.used_login(alice)

        change(alice)

        assert family().revoked_reason == reason
        assert caller.me(body["access"]).status_code == 401
        assert caller.refresh(body["refresh"]).status_code == 401

    @pytest.mark.parametrize(
        "change",
        [
            User.save,
            setter(first_name="Alice"),
            setter(last_login=None),
            lambda user: user.check_password(PASSWORD),
            lambda user: User.objects.create_user("bob", password=PASSWORD),
        ],
    )
    def test_change_of_anything_else_ends_nothing(
        self, alice: User, caller: Caller, change: Callable[[User], Any]
    ) -> None:
        """Or nobody would stay logged in for long."""
        body = caller.used_login(alice)
        alice.refresh_from_db()

        change(alice)

        assert caller.me(body["access"]).status_code == 200
        assert caller.refresh(body["refresh"]).status_code == 200

    def test_change_in_memory_alone_ends_nothing(
        self, alice: User, caller: Caller
    ) -> None:
        """``update_fields`` says what is saved."""
        body = caller.used_login(alice)

        alice.is_active, alice.first_name = False, "Alice"
        alice.save(update_fields=["first_name"])

        assert caller.me(body["access"]).status_code == 200

    def test_fixture_that_is_loaded_ends_nothing(
        self, alice: User, caller: Caller
    ) -> None:
        """``loaddata`` may come before the tables of this app are there."""
        body = caller.used_login(alice)
        alice.email = "other@example.com"

        for loaded in serializers.deserialize(
            "json", serializers.serialize("json", [alice])
        ):
            loaded.save()

        assert caller.me(body["access"]).status_code == 200

    def test_reactivation_ends_nothing_and_revives_nothing(
        self, alice: User, caller: Caller
    ) -> None:
        """Who is let in again has no login to end, and none to get back."""
        ended = caller.login(alice)
        setter(is_active=False)(alice)
        setter(is_active=True)(alice)
        live = caller.login(alice)

        User.objects.update(is_active=False)
        alice.save()

        assert caller.refresh(ended["refresh"]).status_code == 401
        assert caller.refresh(live["refresh"]).status_code == 200

    def test_change_rolled_back_ends_nothing(
        self, alice: User, caller: Caller, heard: Heard
    ) -> None:
        """What did not happen has no consequence."""
        body = caller.used_login(alice)
        told = heard(family_revoked)

        with suppress(ZeroDivisionError), transaction.atomic():
            set_password(alice)
            1 / 0  # noqa: B018

        assert told == []
        assert caller.me(body["access"]).status_code == 200
        assert caller.refresh(body["refresh"]).status_code == 200

    @pytest.mark.parametrize("is_atomic", [False, True])
    def test_change_while_redis_is_down_is_saved_and_ends_the_login(
        self,
        alice: User,
        caller: Caller,
        *,
        is_atomic: bool,
    ) -> None:
        """A user who wants a new password must get it then, too."""
        body = caller.used_login(alice)

        with (
            unreachable(),
            transaction.atomic() if is_atomic else nullcontext(),
        ):
            set_password(alice)

        alice.refresh_from_db()
        assert alice.check_password(NEW_PASSWORD)
        assert family().revoked_reason == RevocationReason.PASSWORD_CHANGED
        assert caller.refresh(body["refresh"]).status_code == 401

    def test_login_costs_no_query_for_the_sake_of_changes(
        self, alice: User, caller: Caller
    ) -> None:
        """``last_login`` is saved alone at every login: nothing to compare."""
        with CaptureQueriesContext(connection) as queries:
            caller.login(alice)

        assert sum("auth_user" in query["sql"] for query in queries) == 3


class TestRights:
    @pytest.fixture
    def editors(self, alice: User) -> Group:
        """A group that alice is in."""
        group = Group.objects.create(name="editors")
        alice.groups.add(group)
        return group

    @pytest.mark.requirement("RVK-10")
    @pytest.mark.parametrize(
        "lose",
        [
            lambda user, group: user.groups.remove(group),
            lambda user, group: user.groups.clear(),
            lambda user, group: user.groups.set([]),
            lambda user, group: group.user_set.remove(user),
            lambda user, group: group.user_set.clear(),
        ],
    )
    def test_group_lost_ends_the_login(
        self,
        alice: User,
        caller: Caller,
        editors: Group,
        lose: Callable[[User, Group], None],
    ) -> None:
        """An access token may still say what the group allowed."""
        body = caller.used_login(alice)

        lose(alice, editors)

        assert family().revoked_reason == RevocationReason.PRIVILEGES_CHANGED
        assert caller.me(body["access"]).status_code == 401

    @pytest.mark.requirement("RVK-10")
    def test_permission_lost_ends_the_login(self, alice: User, caller: Caller) -> None:
        """The same for what is granted to one user."""
        kind = ContentType.objects.get_for_model(User)
        right = Permission.objects.create(codename="x", name="x", content_type=kind)
        alice.user_permissions.add(right)
        body = caller.used_login(alice)

        alice.user_permissions.clear()

        assert caller.me(body["access"]).status_code == 401

    @pytest.mark.parametrize(
        "keep",
        [
            lambda user, group: user.groups.set([group]),
            lambda user, group: user.groups.add(Group.objects.create(name="more")),
            lambda user, group: user.user_permissions.clear(),
            lambda user, group: user.groups.remove(Group.objects.create(name="other")),
            lambda user, group: Group.objects.create(name="empty").user_set.clear(),
        ],
    )
    def test_right_that_was_not_lost_ends_nothing(
        self,
        alice: User,
        caller: Caller,
        editors: Group,
        keep: Callable[[User, Group], None],
    ) -> None:
        """Admin forms set the groups whenever they are saved."""
        body = caller.used_login(alice)

        keep(alice, editors)

        assert caller.me(body["access"]).status_code == 200


class TestHasherUpgrade:
    @pytest.fixture(autouse=True)
    def _two_hashers(self) -> Iterator[None]:
        with override_settings(PASSWORD_HASHERS=[MD5, PBKDF2]):
            yield

    def test_login_that_upgrades_the_hash_ends_nothing(
        self, alice: User, caller: Caller, thief: Caller
    ) -> None:
        """Django saves another hash of the same password; the binding follows it."""
        body = caller.used_login(alice)
        old_hash = User.objects.get().password

        with override_settings(PASSWORD_HASHERS=[PBKDF2, MD5]):
            thief.login(alice)

            assert User.objects.get().password != old_hash
            assert caller.me(body["access"]).status_code == 200
            assert caller.refresh(body["refresh"]).status_code == 200

    def test_login_that_upgrades_the_hash_revives_nothing(
        self, alice: User, caller: Caller, thief: Caller
    ) -> None:
        """What was bound to another password stays so."""
        body = caller.used_login(alice)
        User.objects.update(password=make_password(NEW_PASSWORD))
        User.objects.update(password=make_password(PASSWORD))

        with override_settings(PASSWORD_HASHERS=[PBKDF2, MD5]):
            thief.login(alice)

            assert caller.refresh(body["refresh"]).status_code == 401

    def test_login_overtaken_by_an_upgrade_of_the_hash_is_tried_again(
        self, alice: User, caller: Caller, heard: Heard
    ) -> None:
        """Two logins at once both upgrade it, and one of the hashes stays."""
        told = heard(user_login_failed)

        with override_settings(
            AUTHENTICATION_BACKENDS=[f"{__name__}.OvertakenBackend"],
            PASSWORD_HASHERS=[PBKDF2, MD5],
        ):
            OvertakenBackend.overtaken = False
            body = caller.used_login(alice)

            assert OvertakenBackend.overtaken
            assert caller.refresh(body["refresh"]).status_code == 200
        assert told == []

    def test_login_of_a_user_who_keeps_changing_is_refused(
        self, alice: User, caller: Caller
    ) -> None:
        """Once more, not for ever."""
        with override_settings(
            AUTHENTICATION_BACKENDS=[f"{__name__}.AlwaysOvertakenBackend"]
        ):
            response = caller.post(
                "token/", {"username": "alice", "password": PASSWORD}
            )

        assert response.status_code == 401


@pytest.mark.usefixtures("pages")
class TestOwnChange:
    @pytest.mark.requirement("RVK-11")
    def test_password_page_renews_this_login_and_ends_the_others(
        self, alice: User, browser: Browser, caller: Caller
    ) -> None:
        """Who changes the password goes on, with tokens that nobody has seen."""
        others = caller.login(alice)
        old = browser.credentials

        assert change_password(browser).status_code == 302

        assert browser.me().status_code == 200
        assert browser.refresh().status_code == 200
        assert caller.me(others["access"]).status_code == 401
        assert caller.refresh(others["refresh"]).status_code == 401
        assert get_with_cookies("/jwt/api/me/", *old.items()).status_code == 401
        assert caller.refresh(old[REFRESH]).status_code == 401

    def test_password_page_with_a_dead_access_token_renews_too(
        self, browser: Browser
    ) -> None:
        """The refresh within that request is not what the browser is left with."""
        browser.drop(ACCESS)

        assert change_password(browser).status_code == 302

        assert browser.me().status_code == 200
        assert browser.refresh().status_code == 200

    @pytest.mark.requirement("ATJ-05")
    def test_login_that_goes_on_is_no_younger_and_lives_no_longer(
        self, browser: Browser
    ) -> None:
        """Nobody asked for the password of the login: it is no step-up."""
        age(timedelta(hours=2))
        old = family()

        change_password(browser)

        new = TokenFamily.objects.get(revoked_at=None)
        assert new.pk != old.pk
        assert new.created_at == old.created_at
        assert new.absolute_expires_at == old.absolute_expires_at

    def test_change_by_an_api_view_renews_this_login(self, browser: Browser) -> None:
        """``request.user`` of DRF knows its login as well."""
        response = browser.post("/me/", {"email": "other@example.com"})

        assert response.status_code == 200
        assert browser.me().status_code == 200
        assert TokenFamily.objects.filter(revoked_at=None).count() == 1

    def test_change_by_another_object_of_the_user_ends_this_login_too(
        self, alice: User, browser: Browser
    ) -> None:
        """An administrator's change, or a reset link's, spares nobody."""
        set_password(alice)

        assert browser.me().status_code == 401
        assert browser.refresh().status_code == 401

    def test_change_rolled_back_renews_nothing(self, browser: Browser) -> None:
        """The old tokens go on."""
        old = browser.credentials

        assert browser.post("/rolled-back/").status_code == 200

        assert browser.credentials == old
        assert browser.me().status_code == 200

    def test_change_overtaken_by_another_lets_nobody_go_on(
        self, browser: Browser
    ) -> None:
        """Who was reset by an administrator meanwhile has to log in."""
        response = browser.post("/overtaken/")

        assert response.status_code == 200
        assert browser.credentials == {}
        assert not TokenFamily.objects.filter(revoked_at=None).exists()

    def test_change_under_a_login_that_had_ended_gives_no_new_one(
        self, browser: Browser, jwtauth_settings: Callable[..., None]
    ) -> None:
        """With ``refresh_only`` a dead login's access token acts for a while yet."""
        jwtauth_settings(REVOCATION="refresh_only")
        TokenFamily.objects.update(
            revoked_at=Now(), revoked_reason=RevocationReason.LOGOUT
        )

        assert browser.post("/me/", {"email": "x@example.com"}).status_code == 200

        assert browser.refresh().status_code == 401
        assert not TokenFamily.objects.filter(revoked_at=None).exists()

    def test_change_under_a_login_that_the_same_change_had_ended_gives_no_new_one(
        self, browser: Browser, jwtauth_settings: Callable[..., None]
    ) -> None:
        """A stolen access token must not turn into a login of its own."""
        jwtauth_settings(REVOCATION="refresh_only")
        thief = Browser("Thief/6.6")
        thief.keep(ACCESS, browser.cookie(ACCESS))
        thief.get(f"{PREFIX}csrf/")
        browser.post("/me/", {"email": "new@example.com"})

        response = thief.post("/me/", {"email": "thief@example.com"})

        assert response.status_code == 200
        assert REFRESH not in thief.credentials
        assert not TokenFamily.objects.filter(revoked_at=None).exists()

    def test_two_changes_in_one_request_renew_this_login(
        self, browser: Browser
    ) -> None:
        """The first of them ended it; the second found nothing left to end."""
        assert browser.post("/twice/").status_code == 200

        assert browser.me().status_code == 200
        assert browser.refresh().status_code == 200

    def test_deactivation_by_oneself_ends_this_login_and_clears_its_cookies(
        self, browser: Browser
    ) -> None:
        """Nobody can log in as a user who is inactive."""
        assert browser.post("/me/", {"is_active": False}).status_code == 200

        assert browser.credentials == {}

    def test_logout_after_the_change_has_the_last_word(self, browser: Browser) -> None:
        """A page may log out whoever changes the password."""
        assert browser.post("/leaving/").status_code == 200

        assert browser.credentials == {}
        assert not TokenFamily.objects.filter(revoked_at=None).exists()
