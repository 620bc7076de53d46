"""The admin of users: their logins on their page, and an end to them from the list."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from demo_project.embedded_valkey import EmbeddedValkey
from jwtauth.models import TokenFamily
from tests.faults import full
from tests.jwtauth.admin.conftest import Staff, multiply, one
from tests.jwtauth.caller import PASSWORD, Caller

USERS = "/admin/auth/user/"
PREFIX = "token_families"
PROFILE = {
    "username": "alice",
    "date_joined_0": "2026-01-01",
    "date_joined_1": "00:00:00",
    "is_active": "on",
}


def page_of(user: User) -> str:
    return f"{USERS}{user.pk}/change/"


def end_all(client: Client, *users: User) -> list[str]:
    """Choose "End all logins" for users of the list; return what is said."""
    ticked = [str(user.pk) for user in users]
    form = {"action": "end_all_logins", "_selected_action": ticked}
    response = client.post(USERS, form)
    return [message.message for message in get_messages(response.wsgi_request)]


def inline_form(**rows: object) -> dict[str, object]:
    """What the browser sends of the inline: the numbers of rows, and their keys."""
    counts = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, **rows}
    return {f"{PREFIX}-{name}": value for name, value in counts.items()}


class TestInline:
    def test_page_of_user_shows_logins_with_a_link_to_each(
        self, viewer: Client, alice: User, family: TokenFamily
    ) -> None:
        """Whether it was them is asked of users, not of logins."""
        TokenFamily.objects.update(device="Firefox on Linux")

        html = viewer.get(page_of(alice)).content.decode()

        assert "Firefox on Linux" in html
        assert one(family) in html

    def test_page_of_user_shows_live_ones_first_and_20_at_most(
        self, viewer: Client, alice: User, family: TokenFamily
    ) -> None:
        """An old login that lives matters more than a new one that has ended."""
        multiply(family, 30)
        ended = TokenFamily.objects.exclude(pk=family.pk)
        ended.update(revoked_at=family.created_at, revoked_reason="logout")
        TokenFamily.objects.filter(pk=family.pk).update(
            created_at=F("created_at") - timedelta(days=1)
        )

        response = viewer.get(page_of(alice))

        (inline,) = response.context["inline_admin_formsets"]
        rows = [form.instance.pk for form in inline.formset.initial_forms]
        assert len(rows) == 20
        assert rows[0] == family.pk

    def test_page_of_user_with_1000_logins_costs_what_10_cost(
        self, viewer: Client, alice: User, family: TokenFamily
    ) -> None:
        """A script that logs in each time must not make its user's page useless."""
        multiply(family, 9)
        viewer.get(page_of(alice))  # content types are read once per process
        costs = []
        for more in (0, 990):
            multiply(family, more)
            with CaptureQueriesContext(connection) as captured:
                viewer.get(page_of(alice))
            costs.append(len(captured))

        assert costs[0] == costs[1]

    def test_page_of_user_without_the_permission_shows_no_logins(
        self, staff: Staff, alice: User, family: TokenFamily
    ) -> None:
        """To look at users is not to look at where they log in from."""
        html = staff("view_user").get(page_of(alice)).content.decode()

        assert one(family) not in html

    def test_user_is_saved_though_logins_came_and_went_meanwhile(
        self, admin: Client, alice: User, family: TokenFamily
    ) -> None:
        """The page may have stood open for an hour."""
        shown = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 1, "0-id": family.pk}
        TokenFamily.objects.all().delete()
        multiply(family, 30)

        response = admin.post(
            page_of(alice), PROFILE | {"first_name": "Alice"} | inline_form(**shown)
        )

        assert response.status_code == 302
        alice.refresh_from_db()
        assert alice.first_name == "Alice"

    def test_forged_inline_adds_changes_and_deletes_nothing(
        self, admin: Client, alice: User, family: TokenFamily
    ) -> None:
        """A form can be sent that the page did not show."""
        before = list(TokenFamily.objects.values())
        forged = {
            "TOTAL_FORMS": 2,
            "INITIAL_FORMS": 1,
            "0-id": family.pk,
            "0-user": alice.pk,
            "0-device": "forged",
            "0-DELETE": "on",
            "1-device": "new",
            "1-user": alice.pk,
        }

        admin.post(page_of(alice), PROFILE | inline_form(**forged))

        assert list(TokenFamily.objects.values()) == before

    def test_page_that_adds_a_user_shows_no_logins(self, admin: Client) -> None:
        """There are none yet."""
        html = admin.get(f"{USERS}add/").content.decode()

        assert PREFIX not in html


@pytest.mark.requirement("RVK-12")
class TestEndAll:
    def test_action_ends_all_of_each_ticked_user_and_of_nobody_else(
        self, revoker: Client, alice: User, caller: Caller
    ) -> None:
        """Half of a team may have lost its laptops."""
        bob, carol = (
            User.objects.create_user(name, password=PASSWORD)
            for name in ("bob", "carol")
        )
        ended = [caller.login(user) for user in (alice, alice, bob)]
        spared = caller.login(carol)

        assert end_all(revoker, alice, bob) == ["3 logins have ended."]

        assert {caller.me(body["access"]).status_code for body in ended} == {401}
        assert caller.me(spared["access"]).status_code == 200
        entries = LogEntry.objects.values_list("object_repr", "change_message")
        assert set(entries) == {
            ("alice", "Ended all logins."),
            ("bob", "Ended all logins."),
        }

    def test_action_of_viewer_is_not_offered_and_ends_nothing(
        self, viewer: Client, alice: User, family: TokenFamily
    ) -> None:
        """By form and by forged POST, as on the list of logins."""
        assert "end_all_logins" not in viewer.get(USERS).content.decode()

        end_all(viewer, alice)

        assert TokenFamily.objects.get().revoked_at is None

    @pytest.mark.usefixtures("atomic_requests")
    def test_action_redis_refuses_goes_on_with_the_next_user_and_warns(
        self,
        revoker: Client,
        alice: User,
        caller: Caller,
        server: EmbeddedValkey,
        bob: User,
    ) -> None:
        """One entry that can't be written must not spare those who come after it."""
        for user in (alice, bob):
            caller.login(user)

        with full(server):
            (text,) = end_all(revoker, alice, bob)

        assert "Redis could not be told" in text
        assert not TokenFamily.objects.filter(revoked_at=None).exists()
