"""The database between two tests: as a full flush would leave it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command

from jwtauth.models import TokenFamily
from tests.harness.management.commands.flush import Command
from tests.jwtauth.many_families import write_families

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def full_flushes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each flush that was left to Django, after a first one."""
    flush_as_django_does()
    flush_fully = Command._flush_fully
    seen: list[str] = []

    def counted(self: Command, *arguments: object, **options: object) -> None:
        seen.append("full")
        flush_fully(self, *arguments, **options)

    monkeypatch.setattr(Command, "_flush_fully", counted)
    return seen


def flush_as_django_does() -> None:
    """Call the command with what ``TransactionTestCase`` passes."""
    call_command("flush", verbosity=0, interactive=False, reset_sequences=False)


class TestFlush:
    def test_rows_of_the_test_go_whatever_points_at_them(
        self, full_flushes: list[str]
    ) -> None:
        """A row that stays would be found by the next test, sometimes."""
        alice = User.objects.create_user("alice")
        alice.groups.add(Group.objects.create(name="staff"))
        alice.user_permissions.add(Permission.objects.all()[0])
        write_families(2, over_for=timedelta(0))

        flush_as_django_does()

        assert not User.objects.exists()
        assert not Group.objects.exists()
        assert not User.groups.through.objects.exists()
        assert not User.user_permissions.through.objects.exists()
        assert not TokenFamily.objects.exists()
        assert full_flushes == []

    def test_rows_of_the_migrations_stay(self, full_flushes: list[str]) -> None:
        """Writing them anew is what takes the time."""
        before = list(Permission.objects.values_list())

        flush_as_django_does()

        assert before
        assert list(Permission.objects.values_list()) == before
        assert full_flushes == []

    @pytest.mark.parametrize("change", ["more", "fewer", "other"])
    def test_rows_of_the_migrations_that_a_test_changed_are_written_anew(
        self, change: str, full_flushes: list[str]
    ) -> None:
        """The admin of the next test asks for them."""
        names = set(Permission.objects.values_list("codename", flat=True))
        one = Permission.objects.all()[0]
        if change == "more":
            one.pk, one.codename = None, "own"
            one.save()
        elif change == "fewer":
            one.delete()
        else:
            Permission.objects.filter(pk=one.pk).update(codename="own")

        flush_as_django_does()

        assert set(Permission.objects.values_list("codename", flat=True)) == names
        assert full_flushes == ["full"]

    def test_flush_by_hand_is_djangos(self, full_flushes: list[str]) -> None:
        """It also starts the sequences anew, which no test asks for."""
        call_command("flush", verbosity=0, interactive=False)

        assert full_flushes == ["full"]
