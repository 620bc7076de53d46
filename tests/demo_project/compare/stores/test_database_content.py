"""What is counted as stored in the database."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from axes.models import AccessLog
from django.contrib.auth.models import Group, User

from demo_project.compare.stores.database_content import (
    bytes_of_new_rows,
    copies_of,
    database_content,
    disk_bytes_each,
    new_bytes,
    new_rows,
    size,
    store,
)
from jwtauth.models import TokenFamily
from tests.demo_project.conftest import LogIn


@pytest.mark.django_db
class TestContent:
    def test_rows_and_bytes_that_have_come_are_found_in_any_table(self) -> None:
        """A login that wrote a row somewhere else would be found out."""
        Group.objects.create(name="old")
        before = database_content()
        Group.objects.create(name="new")

        after = database_content()

        assert new_rows(before, after) == {"auth_group": 1}
        assert bytes_of_new_rows(before, after) == 8 + len("new")

    def test_row_that_grew_is_growth_and_no_new_row(self) -> None:
        """A refresh that added to the row it has would go on growing."""
        group = Group.objects.create(name="a")
        before = database_content()
        Group.objects.filter(pk=group.pk).update(name="abc")

        after = database_content()

        assert new_bytes(before, after) == 2
        assert new_rows(before, after) == {}
        assert bytes_of_new_rows(before, after) == 0

    def test_row_that_has_gone_hides_no_growth(self) -> None:
        """A purge in between would make up for what a login leaves."""
        group = Group.objects.create(name="old")
        before = database_content()
        group.delete()
        Group.objects.create(name="new")

        after = database_content()

        assert new_rows(before, after) == {"auth_group": 1}
        assert new_bytes(before, after) == 8 + len("new")

    def test_rows_of_a_relation_without_a_model_count(self, alice: User) -> None:
        """They are rows like others."""
        group = Group.objects.create(name="a")
        before = database_content()
        alice.groups.add(group)

        assert new_rows(before, database_content()) == {"auth_user_groups": 1}

    def test_guard_against_guessing_is_left_out(self) -> None:
        """It has a row for a name and an address, however often they log in."""
        before = database_content()
        AccessLog.objects.create(username="alice", ip_address="127.0.0.1")

        assert new_rows(before, database_content()) == {}


class TestSize:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (None, 0),
            (True, 1),
            (10**12, 8),
            (1.5, 8),
            ("é", 2),
            (b"abc", 3),
            (memoryview(b"abc"), 3),
            (uuid.UUID(int=1), 16),
            (datetime(2026, 1, 1, tzinfo=UTC), 8),
        ],
    )
    def test_value_has_the_same_size_in_every_database(
        self, value: object, expected: int
    ) -> None:
        """The row is compared with a documented number, wherever it was taken."""
        assert size(value) == expected

    def test_value_of_another_type_is_an_error(self) -> None:
        """What is not counted must not pass for nothing."""
        with pytest.raises(TypeError, match="Decimal"):
            size(Decimal(1))


@pytest.mark.django_db(transaction=True)
class TestDisk:
    def test_login_takes_more_than_its_content_and_less_than_a_page(
        self, alice: User, log_in: LogIn
    ) -> None:
        """Indexes and headers come on top; the pages are shared by many logins."""
        log_in("/jwt", alice)
        [content] = database_content()["jwtauth_tokenfamily"].values()

        assert content < disk_bytes_each() < 4 * content

    def test_room_that_others_left_is_not_taken_for_none(
        self, alice: User, log_in: LogIn
    ) -> None:
        """A login seemed to take almost nothing where thousands had been before."""
        log_in("/jwt", alice)
        [content] = database_content()["jwtauth_tokenfamily"].values()
        first = TokenFamily.objects.get()
        store(copies_of(first, alice.pk), 6_000)
        # The last one stays: what lies before it can't be given back to the disk.
        last = TokenFamily.objects.latest("absolute_expires_at")
        TokenFamily.objects.exclude(pk__in=[first.pk, last.pk]).delete()

        assert content < disk_bytes_each()

    def test_other_logins_are_gone_afterwards(self, alice: User, log_in: LogIn) -> None:
        """What is measured next is not to find thousands of them."""
        log_in("/jwt", alice)

        disk_bytes_each()

        assert TokenFamily.objects.get().user_id == alice.pk
