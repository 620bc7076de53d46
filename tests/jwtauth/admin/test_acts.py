"""Ending logins by button and by action: what ends, who may, what goes on record."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import OperationalError, connection
from django.db.models.signals import post_save
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.admin import acts
from jwtauth.models import TokenFamily
from tests.conftest import Heard
from tests.faults import full
from tests.jwtauth.admin.conftest import MANY, Staff, multiply, one
from tests.jwtauth.caller import PASSWORD, Caller

BUTTONS = ["end", "end_all", "deactivate_user"]


def tick(client: Client, *families: TokenFamily, **extra: str) -> HttpResponse:
    """Choose "End selected logins" for rows of the list."""
    ticked = [str(family.pk) for family in families]
    form = {"action": "end_selected", "_selected_action": ticked, **extra}
    return client.post(MANY, form)


def messages_of(response: HttpResponse) -> list[tuple[str, str]]:
    told = get_messages(response.wsgi_request)
    return [(message.level_tag, message.message) for message in told]


def records() -> list[tuple[str, str, str]]:
    """Who did what to whom, oldest first."""
    entries = LogEntry.objects.order_by("pk")
    return list(entries.values_list("user__username", "object_repr", "change_message"))


def live() -> int:
    return TokenFamily.objects.filter(revoked_at=None).count()


@pytest.mark.requirement("RVK-12")
class TestOneLogin:
    def test_end_button_ends_it_and_no_other(
        self, revoker: Client, alice: User, caller: Caller
    ) -> None:
        """The suspect one goes, the user's own phone stays."""
        suspect = caller.login(alice)
        family = TokenFamily.objects.get()
        own = caller.login(alice)

        response = revoker.post(one(family, "end"))

        assert response.url == one(family)
        assert messages_of(response) == [("success", "1 login has ended.")]
        assert caller.me(suspect["access"]).status_code == 401
        assert caller.refresh(suspect["refresh"]).status_code == 401
        assert caller.me(own["access"]).status_code == 200
        assert records() == [("operator", family.sid, "Ended the login.")]
        assert TokenFamily.objects.get(pk=family.pk).revoked_reason == "revoked"

    def test_end_button_again_says_so_and_records_nothing_new(
        self, revoker: Client, family: TokenFamily
    ) -> None:
        """A double click is no second act."""
        revoker.post(one(family, "end"))

        response = revoker.post(one(family, "end"))

        assert ("success", "Nothing was left to end.") in messages_of(response)
        assert len(records()) == 1

    def test_history_of_the_login_tells_who_ended_it(
        self, revoker: Client, family: TokenFamily
    ) -> None:
        """The next operator asks."""
        revoker.post(one(family, "end"))

        html = revoker.get(one(family, "history")).content.decode()

        assert "operator" in html
        assert "Ended the login." in html


@pytest.mark.requirement("RVK-12")
class TestManyLogins:
    def test_selected_ends_what_is_ticked(
        self, revoker: Client, family: TokenFamily
    ) -> None:
        """Nothing else may go, however the list is filtered."""
        second, spared = multiply(family, 2)

        response = tick(revoker, family, second)

        assert messages_of(response) == [("success", "2 logins have ended.")]
        assert TokenFamily.objects.get(revoked_at=None).pk == spared.pk
        assert {repr_ for _, repr_, _ in records()} == {family.sid, second.sid}

    def test_selected_all_pages_ends_everybodys_in_batches(
        self,
        revoker: Client,
        family: TokenFamily,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """What has ended leaves the filter; no batch may be stepped over."""
        monkeypatch.setattr(acts, "BATCH", 4)
        multiply(family, 9)
        form = {"action": "end_selected", "select_across": "1"}

        response = revoker.post(
            f"{MANY}?state=active", form | {"_selected_action": family.pk}
        )

        assert messages_of(response) == [("success", "10 logins have ended.")]
        assert live() == 0
        assert len(records()) == 10

    def test_selected_100_cost_no_more_statements_than_10(
        self, revoker: Client, family: TokenFamily
    ) -> None:
        """An operator who ends a page of logins waits for one statement, not 100."""
        costs = []
        tick(revoker, family)
        for size in (10, 100):
            rows = multiply(family, size)
            with CaptureQueriesContext(connection) as captured:
                tick(revoker, *rows)
            costs.append(len(captured))

        assert live() == 0
        assert costs[0] == costs[1]


@pytest.mark.requirement("RVK-12")
class TestAllOfUser:
    def test_all_button_ends_every_login_of_the_user_alone(
        self, revoker: Client, alice: User, family: TokenFamily, caller: Caller
    ) -> None:
        """Every device of the user, and nobody else's."""
        others = caller.login(User.objects.create_user("bob", password=PASSWORD))
        caller.login(alice)

        response = revoker.post(one(family, "end_all"))

        assert messages_of(response) == [("success", "2 logins have ended.")]
        assert live() == 1
        assert caller.me(others["access"]).status_code == 200
        assert records() == [("operator", "alice", "Ended all logins.")]

    def test_all_button_user_gone_ends_them_and_records_it_on_the_login(
        self, revoker: Client, alice: User, family: TokenFamily
    ) -> None:
        """Tombstones must be as easy to end."""
        # Behind Django's back: a deletion that it hears of ends the logins itself.
        User.objects.filter(pk=alice.pk)._raw_delete("default")

        response = revoker.post(one(family, "end_all"))

        assert messages_of(response) == [("success", "1 login has ended.")]
        assert records() == [("operator", family.sid, "Ended all logins.")]

    def test_deactivate_locks_the_user_out_and_tells_receivers(
        self, admin: Client, alice: User, caller: Caller, heard: Heard
    ) -> None:
        """No login goes on, none begins, and whoever listens to users hears of it."""
        body = caller.login(alice)
        told = heard(post_save)

        response = admin.post(one(TokenFamily.objects.get(), "deactivate_user"))

        text = "The user is deactivated, and every login has ended."
        assert messages_of(response) == [("success", text)]
        alice.refresh_from_db()
        assert not alice.is_active
        assert {"is_active"} in [facts["update_fields"] for facts in told]
        assert caller.me(body["access"]).status_code == 401
        credentials = {"username": "alice", "password": PASSWORD}
        assert caller.post("token/", credentials).status_code == 401
        assert records() == [
            ("root", "alice", "Deactivated the user."),
            ("root", "alice", "Ended all logins."),
        ]


@pytest.mark.requirement("RVK-12")
class TestDenied:
    def test_viewer_sees_neither_buttons_nor_action(
        self, viewer: Client, family: TokenFamily
    ) -> None:
        """What is not allowed is not offered."""
        form = viewer.get(one(family)).content.decode()
        list_ = viewer.get(MANY).content.decode()

        assert not [name for name in BUTTONS if one(family, name) in form]
        assert "end_selected" not in list_

    @pytest.mark.parametrize("button", BUTTONS)
    def test_viewer_button_address_is_403_and_ends_nothing(
        self, viewer: Client, family: TokenFamily, button: str
    ) -> None:
        """The address is known to everybody who reads this source."""
        assert viewer.post(one(family, button)).status_code == 403
        assert live() == 1
        assert records() == []

    @pytest.mark.parametrize("extra", [{}, {"select_across": "1"}], ids=str)
    def test_viewer_forged_action_ends_nothing(
        self, viewer: Client, family: TokenFamily, extra: dict[str, str]
    ) -> None:
        """A POST can name an action that the page did not offer."""
        tick(viewer, family, **extra)

        assert live() == 1
        assert records() == []

    def test_revoker_without_the_right_to_change_users_deactivates_nobody(
        self, revoker: Client, family: TokenFamily, alice: User
    ) -> None:
        """To end logins and to lock out are two rights."""
        html = revoker.get(one(family)).content.decode()

        assert one(family, "end_all") in html
        assert one(family, "deactivate_user") not in html
        assert revoker.post(one(family, "deactivate_user")).status_code == 403
        alice.refresh_from_db()
        assert alice.is_active
        assert live() == 1

    @pytest.mark.parametrize("button", BUTTONS)
    def test_revoker_who_may_not_look_is_403(
        self, staff: Staff, family: TokenFamily, button: str
    ) -> None:
        """Whoever ends a login is led to its page."""
        client = staff("revoke_tokenfamily", "change_user")

        assert client.post(one(family, button)).status_code == 403
        assert live() == 1

    @pytest.mark.parametrize("button", BUTTONS)
    def test_visitor_is_sent_to_the_login_page(
        self, client: Client, family: TokenFamily, alice: User, button: str
    ) -> None:
        """Nobody, and a user who is no staff, are one."""
        for _ in range(2):
            response = client.post(one(family, button))
            assert response.status_code == 302
            assert response.url.startswith("/admin/login/")
            client.force_login(alice)
        assert live() == 1

    @pytest.mark.parametrize("button", BUTTONS)
    def test_get_is_405_and_ends_nothing(
        self, admin: Client, family: TokenFamily, button: str
    ) -> None:
        """A link in a mail, or a browser that fetches ahead, must do nothing."""
        assert admin.get(one(family, button)).status_code == 405
        assert live() == 1

    @pytest.mark.parametrize("button", BUTTONS)
    def test_post_without_csrf_token_is_403(
        self, admin: Client, family: TokenFamily, button: str
    ) -> None:
        """Another site must not end logins with the operator's cookie."""
        admin.handler.enforce_csrf_checks = True

        assert admin.post(one(family, button)).status_code == 403
        assert live() == 1

    def test_button_of_no_login_is_404(self, admin: Client, alice: User) -> None:
        """It may have been purged while the page was open."""
        gone = TokenFamily(pk="00000000-0000-0000-0000-000000000000")

        assert admin.post(one(gone, "end")).status_code == 404

    def test_deactivate_user_gone_is_403_and_not_offered(
        self, admin: Client, family: TokenFamily, alice: User
    ) -> None:
        """There is nobody to deactivate."""
        User.objects.filter(pk=alice.pk).delete()

        html = admin.get(one(family)).content.decode()

        assert one(family, "end") in html
        assert one(family, "deactivate_user") not in html
        assert admin.post(one(family, "deactivate_user")).status_code == 403


class TestStoresDown:
    @pytest.mark.usefixtures("atomic_requests")
    @pytest.mark.parametrize("act", ["selected", *BUTTONS])
    def test_redis_refuses_ends_records_warns_and_again_repairs(
        self,
        admin: Client,
        alice: User,
        caller: Caller,
        server: EmbeddedValkey,
        act: str,
    ) -> None:
        """The row is what counts in the end; the operator is told what is open."""
        access = caller.login(alice)["access"]
        assert caller.me(access).status_code == 200
        family = TokenFamily.objects.get()

        def end() -> HttpResponse:
            if act == "selected":
                return tick(admin, family)
            return admin.post(one(family, act))

        with full(server):
            response = end()

        assert response.status_code == 302
        ((level, text),) = messages_of(response)
        assert level == "warning"
        assert "Redis could not be told" in text
        assert live() == 0
        assert len(records()) == (2 if act == "deactivate_user" else 1)
        User.objects.update(is_active=True)
        assert caller.me(access).status_code == 200

        end()

        assert caller.me(access).status_code == 401

    def test_database_busy_says_so(self, revoker: Client, family: TokenFamily) -> None:
        """An operator who reads 500 does not know what has happened."""

        def lock(execute: Callable[..., object], sql: str, *args: object) -> object:
            if sql.startswith('UPDATE "jwtauth_tokenfamily"'):
                raise OperationalError("database is locked")
            return execute(sql, *args)

        with connection.execute_wrapper(lock):
            response = revoker.post(one(family, "end"))

        ((level, text),) = messages_of(response)
        assert level == "error"
        assert "Try again" in text
        assert live() == 1
        assert records() == []
