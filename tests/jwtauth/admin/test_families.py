"""The pages of logins: what they show, find and cost."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jwtauth.models import TokenFamily
from tests.jwtauth.admin.conftest import MANY, Staff, multiply, one
from tests.jwtauth.caller import PASSWORD, Caller
from tests.jwtauth.conftest import age


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response.content
    return response.content.decode()


def found(client: Client, query: str) -> set[str]:
    """The ids of the logins that the list shows for a query string."""
    response = client.get(f"{MANY}?{query}")
    assert response.status_code == 200, response.content
    return {row.sid for row in response.context["cl"].result_list}


class TestPages:
    def test_list_and_form_show_the_login_in_words(
        self, viewer: Client, family: TokenFamily
    ) -> None:
        """An operator must know whose login this is, from where, and if it lives."""
        TokenFamily.objects.update(device="Firefox on Linux", address="203.0.113.9")

        for address in (MANY, one(family)):
            html = page(viewer, address)
            for word in ("alice", "Firefox on Linux", "203.0.113.9", "active"):
                assert word in html

    def test_state_of_each_kind_is_said_in_words(
        self, viewer: Client, family: TokenFamily
    ) -> None:
        """A detected reuse must not look like a logout."""
        assert "active" in page(viewer, MANY)
        age(timedelta(days=8))
        assert ">expired<" in page(viewer, MANY)
        TokenFamily.objects.update(revoked_at=family.created_at, revoked_reason="reuse")
        assert ">ended: an already used refresh token came back<" in page(viewer, MANY)
        TokenFamily.objects.update(revoked_reason="revoked")
        assert ">ended by an operator<" in page(viewer, MANY)

    def test_user_gone_list_and_form_name_the_key(
        self, admin: Client, family: TokenFamily, alice: User
    ) -> None:
        """Tombstones are what an operator looks for after a theft."""
        key = alice.pk
        User.objects.filter(pk=key).delete()

        for address in (MANY, one(family)):
            assert f"gone ({key})" in page(admin, address)

    def test_form_user_leads_to_the_page_of_the_user(
        self, admin: Client, family: TokenFamily, alice: User
    ) -> None:
        """The way from a suspect login to its user is one click."""
        link = f'<a href="/admin/auth/user/{alice.pk}/change/">alice</a>'

        assert link in page(admin, one(family))

    def test_form_of_no_login_is_no_error(self, admin: Client) -> None:
        """A purged login may be in the history still."""
        response = admin.get(f"{MANY}00000000-0000-0000-0000-000000000000/change/")

        assert response.status_code == 302

    @pytest.mark.requirement("RVK-12")
    def test_pages_offer_no_way_to_add_change_or_delete(
        self, admin: Client, family: TokenFamily
    ) -> None:
        """A deleted row would deny no access token: even a superuser ends it."""
        pages = page(admin, MANY) + page(admin, one(family))
        for way in (f"{MANY}add/", one(family, "delete"), "delete_selected"):
            assert way not in pages

        forged = {"action": "delete_selected", "_selected_action": family.pk}
        admin.post(MANY, forged | {"post": "yes"})
        assert admin.post(one(family), {"device": "x"}).status_code == 403
        assert admin.post(one(family, "delete"), {"post": "yes"}).status_code == 403
        assert admin.get(f"{MANY}add/").status_code == 403
        assert TokenFamily.objects.get().device == family.device


class TestSearch:
    @pytest.mark.parametrize("term", ["ALIC", "example.com", "203.0.113", "{sid}"])
    def test_search_by_name_mail_address_and_sid_finds_the_login(
        self, viewer: Client, family: TokenFamily, caller: Caller, term: str
    ) -> None:
        """These are what a report of a user, a proxy's log and our own log give."""
        User.objects.filter(username="alice").update(email="alice@example.com")
        TokenFamily.objects.update(address="203.0.113.9")
        caller.login(User.objects.create_user("bob", password=PASSWORD))
        TokenFamily.objects.exclude(pk=family.pk).update(address="198.51.100.7")

        assert found(viewer, f"q={term.format(sid=family.sid)}") == {family.sid}

    def test_search_name_that_spells_a_sid_finds_the_user_too(
        self, viewer: Client, family: TokenFamily
    ) -> None:
        """Names are free: 22 letters of one may be an id as well."""
        User.objects.filter(username="alice").update(username="A" * 22)

        assert found(viewer, "q=" + "A" * 22) == {family.sid}


class TestFilters:
    @pytest.fixture
    def kinds(self, family: TokenFamily) -> dict[str, str]:
        """One login of each kind, by what the filters call it."""
        active, expired, reuse, revoked = [family, *multiply(family, 3)]
        rows = TokenFamily.objects
        day = timedelta(days=1)
        rows.filter(pk=active.pk).update(rotated_at=family.rotated_at - 2 * day)
        rows.filter(pk=expired.pk).update(
            idle_expires_at=family.created_at, rotated_at=family.rotated_at - 8 * day
        )
        ended = rows.filter(pk__in=[reuse.pk, revoked.pk])
        ended.update(revoked_at=family.created_at, revoked_reason="revoked")
        rows.filter(pk=reuse.pk).update(revoked_reason="reuse")
        return {
            "active": active.sid,
            "expired": expired.sid,
            "reuse": reuse.sid,
            "revoked": revoked.sid,
        }

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", {"active", "expired", "reuse", "revoked"}),
            ("state=active", {"active"}),
            ("state=expired", {"expired"}),
            ("state=revoked", {"reuse", "revoked"}),
            ("state=reuse", {"reuse"}),
            ("state=nonsense", set()),
            ("revoked_reason__exact=revoked", {"revoked"}),
            ("last_use=day", {"reuse", "revoked"}),
            ("last_use=week", {"active", "reuse", "revoked"}),
            ("last_use=older", {"expired"}),
            ("last_use=nonsense", {"active", "expired", "reuse", "revoked"}),
        ],
    )
    def test_filter_shows_just_its_kind(
        self, viewer: Client, kinds: dict[str, str], query: str, expected: set[str]
    ) -> None:
        """What is left out of a list of live logins is left alone by an operator."""
        assert found(viewer, query) == {kinds[name] for name in expected}

    def test_filters_offer_every_choice(
        self, viewer: Client, family: TokenFamily
    ) -> None:
        """A filter that nobody can click is none."""
        html = page(viewer, MANY)

        for choice in ("state=reuse", "state=active", "last_use=older"):
            assert choice in html

    @pytest.mark.requirement("LOG-03")
    @pytest.mark.parametrize(
        "query",
        ["secret_hash__gt=a", "nonce__startswith=a", "binding=a", "key_hint__lt=a"],
    )
    def test_filter_by_a_secret_column_is_refused(
        self, viewer: Client, family: TokenFamily, query: str
    ) -> None:
        """Django lets any column be asked for, and an answer is a bit of a secret."""
        assert viewer.get(f"{MANY}?{query}").status_code == 400
        assert viewer.get(f"{MANY}?user__password__gt=a").status_code == 400


class TestCost:
    @pytest.mark.parametrize("query", ["", "?q=alice", "?state=active&last_use=day"])
    def test_list_of_1000_costs_what_a_list_of_10_costs(
        self, viewer: Client, family: TokenFamily, query: str
    ) -> None:
        """One query for all users and none for each row."""
        multiply(family, 9)
        costs = []
        for more in (0, 990):
            multiply(family, more)
            with CaptureQueriesContext(connection) as captured:
                page(viewer, MANY + query)
            costs.append(len(captured))

        assert TokenFamily.objects.count() == 1000
        assert costs[0] == costs[1]

    def test_list_and_form_load_no_secret(
        self, viewer: Client, family: TokenFamily
    ) -> None:
        """What is not in memory is in no report of an error; and rows stay small."""
        with CaptureQueriesContext(connection) as captured:
            page(viewer, MANY)
            page(viewer, one(family))

        statements = " ".join(query["sql"] for query in captured)
        assert '"jwtauth_tokenfamily"."device"' in statements
        for column in ("secret_hash", "nonce", "key_hint", "context", "binding"):
            assert f'"jwtauth_tokenfamily"."{column}"' not in statements


class TestStaff:
    def test_without_the_permission_to_view_nothing_is_shown(
        self, staff: Staff, family: TokenFamily
    ) -> None:
        """Addresses and devices are personal data."""
        client = staff("view_user", "revoke_tokenfamily")

        assert client.get(MANY).status_code == 403
        assert client.get(one(family)).status_code == 403
