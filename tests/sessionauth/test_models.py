"""``ActiveSession``: permissions and no table."""

from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection


@pytest.mark.django_db
class TestActiveSession:
    def test_viewing_and_revoking_are_two_permissions(self) -> None:
        """The help desk may look without being able to end."""
        names = Permission.objects.filter(
            content_type__app_label="sessionauth"
        ).values_list("codename", flat=True)

        assert set(names) == {"view_activesession", "revoke_activesession"}

    def test_there_is_no_table(self) -> None:
        """Sessions are in Redis; a second copy would be a second truth."""
        tables = connection.introspection.table_names()

        assert not [name for name in tables if name.startswith("sessionauth")]

    @pytest.mark.requirement("OPS-05")
    @pytest.mark.django_db(transaction=True)  # SQLite migrates in no other way
    @pytest.mark.parametrize("backwards", [False, True])
    def test_migration_runs_no_sql_in_either_direction(
        self, *, backwards: bool
    ) -> None:
        """Trying the package, and giving it up, must not touch the database."""
        out = StringIO()

        call_command(
            "sqlmigrate", "sessionauth", "0001", backwards=backwards, stdout=out
        )

        statements = [n for n in out.getvalue().splitlines() if n[:2] != "--"]
        assert set(statements) <= {"BEGIN;", "COMMIT;"}

    def test_model_says_what_the_migration_says(self) -> None:
        """A later Django must not want a migration in the user's tree."""
        call_command("makemigrations", "sessionauth", check=True, dry_run=True)

    def test_text_of_a_session_is_its_digest(self) -> None:
        """Log entries name it so."""
        assert str(apps.get_model("sessionauth.ActiveSession")("abc")) == "abc"
