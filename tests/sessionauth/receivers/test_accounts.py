"""What ends a user's sessions: every way in which a user changes, and none other."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core import serializers
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from demo_project.embedded_valkey import EmbeddedValkey
from sessionauth.core.timeouts import Verdict
from sessionauth.engine import SessionStore
from sessionauth.signals import session_revoked
from tests.conftest import Heard
from tests.sessionauth.conftest import COOKIE, PASSWORD, session_key, with_cookie

LogIn = Callable[..., Client]

NEW_PASSWORD = "a new one, quite as good"
FORM = {
    "old_password": PASSWORD,
    "new_password1": NEW_PASSWORD,
    "new_password2": NEW_PASSWORD,
}
PBKDF2 = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
MD5 = "django.contrib.auth.hashers.MD5PasswordHasher"

# What follows a commit needs one.
pytestmark = pytest.mark.django_db(transaction=True)


def used(client: Client) -> Client:
    """Call an endpoint once: the next calls trust the user check of this one."""
    assert client.get("/api/me/", secure=True).status_code == 200
    return client


def is_in(client: Client) -> bool:
    return client.get("/api/me/", secure=True).status_code == 200


def change_password(client: Client, path: str = "/password/") -> HttpResponse:
    """Send Django's own form."""
    answer = client.post(path, FORM, secure=True)
    assert answer.status_code == 302, answer.content
    return answer


def set_password(user: User) -> None:
    user.set_password(NEW_PASSWORD)
    user.save()


def assign_password(user: User) -> None:
    user.password = make_password(NEW_PASSWORD)
    user.save(update_fields=["password"])


def set_unusable_password(user: User) -> None:
    user.set_unusable_password()
    user.save(update_fields=["password"])


def set_twice(user: User) -> None:
    """The second time looks most like an upgrade of the hash."""
    user.set_password(PASSWORD)
    user.save(update_fields=["email"])
    assign_password(user)


def upgrade(user: User) -> None:
    """What a login does, under whichever hasher comes first then."""
    with override_settings(PASSWORD_HASHERS=[PBKDF2, MD5]):
        assert user.check_password(PASSWORD)


def assign_after_upgrade(user: User) -> None:
    upgrade(user)
    assign_password(user)


def save_more_than_an_upgrade(user: User) -> None:
    user.set_password(PASSWORD)
    user._password = None
    user.save(update_fields=["password", "email"])


def change_by_key(user: User) -> None:
    """An object that was never read from the database."""
    User(pk=user.pk, username="alice", password=make_password(NEW_PASSWORD)).save()


def change_in_admin(user: User) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    client = Client()
    client.force_login(root)
    answer = client.post(
        f"/admin/auth/user/{user.pk}/password/",
        {
            "password1": NEW_PASSWORD,
            "password2": NEW_PASSWORD,
            "usable_password": "true",
        },
        secure=True,
    )
    assert answer.status_code == 302, answer.content


def change_asynchronously(user: User) -> None:
    async def change() -> None:
        user.set_password(NEW_PASSWORD)
        await user.asave()

    async_to_sync(change)()


def delete_in_a_transaction(user: User) -> None:
    """At the commit the object has no key any more."""
    with transaction.atomic():
        user.delete()


def setter(**values: object) -> Callable[[User], None]:
    def change(user: User) -> None:
        for name, value in values.items():
            setattr(user, name, value)
        user.save()

    return change


CHANGES: list[tuple[Callable[[User], Any], str]] = [
    (set_password, "password_changed"),
    (assign_password, "password_changed"),
    (set_unusable_password, "password_changed"),
    (set_twice, "password_changed"),
    (assign_after_upgrade, "password_changed"),
    (save_more_than_an_upgrade, "password_changed"),
    (change_by_key, "password_changed"),
    (change_in_admin, "password_changed"),
    (change_asynchronously, "password_changed"),
    (setter(is_active=False), "user_deactivated"),
    (setter(is_active=False, password="!"), "user_deactivated"),
    (User.delete, "user_deleted"),
    (delete_in_a_transaction, "user_deleted"),
    (lambda user: User.objects.all().delete(), "user_deleted"),
]


@pytest.mark.requirement("SES-16")
class TestChange:
    @pytest.mark.parametrize(("change", "reason"), CHANGES)
    def test_change_of_the_user_ends_the_session_at_once(
        self,
        alice: User,
        log_in: LogIn,
        heard: Heard,
        change: Callable[[User], Any],
        reason: str,
    ) -> None:
        """USER_CHECK_INTERVAL is for what sends no signal."""
        client = used(log_in())
        told = heard(session_revoked)

        change(alice)

        assert [fact["reason"] for fact in told] == [reason]
        assert not SessionStore().exists(session_key(client))
        assert not is_in(client)

    @pytest.mark.parametrize(
        "change",
        [
            User.save,
            setter(first_name="Alice"),
            setter(email="other@example.com"),
            setter(is_active=True),
            setter(is_superuser=True),
            lambda user: user.check_password(PASSWORD),
            lambda user: User.objects.create_user("bob", password=PASSWORD),
            lambda user: user.groups.clear(),
        ],
    )
    def test_change_of_anything_else_ends_nothing(
        self, alice: User, log_in: LogIn, change: Callable[[User], Any]
    ) -> None:
        """Or nobody would stay logged in for long."""
        client = used(log_in())
        alice.refresh_from_db()

        change(alice)

        assert is_in(client)

    def test_change_in_memory_alone_ends_nothing(
        self, alice: User, log_in: LogIn
    ) -> None:
        """``update_fields`` says what is saved."""
        client = used(log_in())

        alice.is_active, alice.first_name = False, "Alice"
        alice.save(update_fields=["first_name"])

        assert is_in(client)

    def test_fixture_that_is_loaded_ends_nothing(
        self, alice: User, log_in: LogIn
    ) -> None:
        """``loaddata`` tells no story; the check of the row comes all the same."""
        client = used(log_in())
        alice.password = make_password(NEW_PASSWORD)

        for loaded in serializers.deserialize(
            "json", serializers.serialize("json", [alice])
        ):
            loaded.save()

        assert SessionStore().exists(session_key(client))

    def test_change_of_another_user_ends_nothing(
        self, bob: User, alice: User, log_in: LogIn
    ) -> None:
        """Each user has an index of their own."""
        client = used(log_in())

        set_password(bob)

        assert is_in(client)

    def test_login_that_upgrades_the_hash_ends_nothing(
        self, alice: User, log_in: LogIn, heard: Heard
    ) -> None:
        """It is the same password, and the login is under way."""
        log_in()
        told = heard(session_revoked)

        upgrade(User.objects.get())

        assert told == []

    def test_queryset_update_is_found_by_the_next_check(
        self, alice: User, log_in: LogIn, settings: Settings
    ) -> None:
        """It sends no signal, so the row is what tells."""
        client = log_in()

        User.objects.update(password=make_password(NEW_PASSWORD))

        assert not is_in(client)
        assert not SessionStore().exists(session_key(client))

    def test_login_costs_no_query_for_the_sake_of_changes(
        self, alice: User, log_in: LogIn
    ) -> None:
        """``last_login`` is saved alone at every login: nothing to compare."""
        with CaptureQueriesContext(connection) as queries:
            log_in()

        assert sum("auth_user" in query["sql"] for query in queries) == 2


class TestTransaction:
    def test_change_rolled_back_ends_nothing(self, alice: User, log_in: LogIn) -> None:
        """What did not happen has no consequence."""
        client = used(log_in())

        with suppress(ZeroDivisionError), transaction.atomic():
            set_password(alice)
            1 / 0  # noqa: B018

        assert is_in(client)

    def test_session_ends_only_when_the_change_is_committed(
        self, alice: User, log_in: LogIn
    ) -> None:
        """Ended before, the user could log in with the old password once more."""
        key = session_key(used(log_in()))

        with transaction.atomic():
            set_password(alice)
            lived = SessionStore().exists(key)

        assert lived
        assert not SessionStore().exists(key)

    @pytest.mark.parametrize("is_atomic", [False, True])
    def test_change_while_the_store_is_down_is_saved_and_logged(
        self,
        alice: User,
        log_in: LogIn,
        own_server: EmbeddedValkey,
        caplog: pytest.LogCaptureFixture,
        *,
        is_atomic: bool,
    ) -> None:
        """A user who wants a new password must get it then, too."""
        log_in()
        own_server.stop()
        others: list[str] = []

        with transaction.atomic() if is_atomic else nullcontext():
            set_password(alice)
            transaction.on_commit(lambda: others.append("mail"))

        alice.refresh_from_db()
        assert alice.check_password(NEW_PASSWORD)
        assert others == ["mail"]
        assert [getattr(r, "event", "") for r in caplog.records] == ["store_down"]

    def test_fault_of_a_receiver_swallows_nothing_else(
        self, alice: User, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever fails, what else follows the commit still does."""
        log_in()
        others: list[str] = []

        def fail(*_args: object, **_options: object) -> None:
            raise MemoryError

        monkeypatch.setattr("sessionauth.receivers.accounts.revoke_all", fail)
        with transaction.atomic():
            set_password(alice)
            transaction.on_commit(lambda: others.append("mail"))

        assert others == ["mail"]


@pytest.mark.requirement("SES-04")
class TestOwnChange:
    @pytest.mark.parametrize("is_atomic", [False, True])
    def test_password_page_renews_this_session_and_ends_the_others(
        self, alice: User, log_in: LogIn, *, is_atomic: bool
    ) -> None:
        """Who changes the password goes on, under an id that nobody has seen."""
        client, other = used(log_in()), used(log_in())
        old = session_key(client)
        connection.settings_dict["ATOMIC_REQUESTS"] = is_atomic

        try:
            change_password(client)
        finally:
            connection.settings_dict["ATOMIC_REQUESTS"] = False

        assert session_key(client) != old
        assert is_in(client)
        assert not is_in(with_cookie(old))
        assert not SessionStore().exists(session_key(other))
        assert not is_in(other)

    def test_password_page_under_asgi_does_the_same(
        self, alice: User, log_in: LogIn
    ) -> None:
        """The receiver must know the request's session there, too."""
        client, other = used(log_in()), used(log_in())
        old = session_key(client)
        browser = AsyncClient()
        browser.cookies[COOKIE] = old

        async def change() -> HttpResponse:
            return await browser.post("/password/", FORM, secure=True)

        answer = async_to_sync(change)()

        assert answer.status_code == 302
        assert is_in(with_cookie(answer.cookies[COOKIE].value))
        assert not is_in(with_cookie(old))
        assert not is_in(other)

    def test_view_that_does_not_tell_the_session_ends_it_at_the_next_request(
        self, alice: User, log_in: LogIn
    ) -> None:
        """A reset link proves nothing about who is logged in here."""
        client = used(log_in())

        assert client.post("/silent-password/", secure=True).status_code == 200

        assert not is_in(client)
        assert not SessionStore().exists(session_key(client))

    def test_deactivation_by_oneself_ends_this_session_too(
        self, alice: User, log_in: LogIn
    ) -> None:
        """Nobody can be logged in as a user who is inactive."""
        client = used(log_in())

        assert client.post("/deactivate/", secure=True).status_code == 200

        assert not SessionStore().exists(session_key(client))

    def test_own_session_is_known_during_its_request_alone(
        self, alice: User, log_in: LogIn
    ) -> None:
        """A thread serves one request after the other, and jobs between them."""
        client = used(log_in())

        set_password(alice)

        assert not SessionStore().exists(session_key(client))

    def test_session_of_another_user_is_not_ones_own(
        self, alice: User, bob: User, log_in: LogIn
    ) -> None:
        """An administrator's change spares no session of the user, and no other's."""
        User.objects.filter(username="bob").update(is_staff=True, is_superuser=True)
        client = used(log_in())
        administrator = used(log_in("bob"))
        new = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

        answer = administrator.post(
            f"/admin/auth/user/{alice.pk}/password/",
            {**new, "usable_password": "true"},
            secure=True,
        )

        assert answer.status_code == 302
        assert not SessionStore().exists(session_key(client))
        assert SessionStore(session_key(administrator)).verdict is Verdict.ALIVE
