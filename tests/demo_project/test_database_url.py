"""DATABASE_URL: libpq's addresses, and errors that keep the password to themselves."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from demo_project.database_url import postgresql_database, sqlite_database


class TestPostgresql:
    @pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
    def test_every_part_is_read(self, scheme: str) -> None:
        """Both spellings are in use and mean the same."""
        entry = postgresql_database(f"{scheme}://ann:secret@db.example:5433/tandem")

        assert entry["ENGINE"] == "django.db.backends.postgresql"
        assert (entry["USER"], entry["PASSWORD"]) == ("ann", "secret")
        assert (entry["HOST"], entry["PORT"]) == ("db.example", "5433")
        assert entry["NAME"] == "tandem"
        assert entry["OPTIONS"] == {}

    def test_percent_encoded_parts_are_decoded(self) -> None:
        """Generated passwords hold the very characters that separate the parts."""
        entry = postgresql_database("postgres://a%40b:p%2F%3A%40%25@h/my%20db")

        assert entry["USER"] == "a@b"
        assert entry["PASSWORD"] == "p/:@%"
        assert entry["NAME"] == "my db"

    def test_socket_directory_in_the_query_is_the_host(self) -> None:
        """A cluster on a Unix socket has no other address."""
        entry = postgresql_database("postgresql:///tandem?host=/run/Pg&user=ann")

        assert (entry["HOST"], entry["PORT"]) == ("/run/Pg", "")
        assert entry["USER"] == "ann"
        assert entry["OPTIONS"] == {}

    def test_socket_directory_in_the_place_of_the_host_keeps_its_capitals(self) -> None:
        """Host names are lower-cased by urlsplit(); directories must not be."""
        entry = postgresql_database("postgresql://%2Frun%2FPg/tandem")

        assert entry["HOST"] == "/run/Pg"

    def test_ipv6_host_is_read_without_its_brackets(self) -> None:
        """That is the form in which libpq takes it."""
        entry = postgresql_database("postgresql://[::1]:5433/tandem")

        assert (entry["HOST"], entry["PORT"]) == ("::1", "5433")

    def test_other_query_parameters_become_options(self) -> None:
        """What Django has no name for goes to libpq as it is."""
        entry = postgresql_database("postgresql://h/tandem?sslmode=require")

        assert entry["OPTIONS"] == {"sslmode": "require"}

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("mysql://ann:secret@h/db", "starts with 'mysql'"),
            ("postgres://ann:secret@h", "names no database"),
            ("postgres://ann:secret@h/", "names no database"),
            ("postgres://ann:secret@h:port/db", "has a port that is no number"),
            ("postgres://ann:secret@h/db?sslmode", "bad query field"),
        ],
    )
    def test_wrong_address_is_refused_without_its_password(
        self, url: str, reason: str
    ) -> None:
        """The line may end in a log or a bug report."""
        with pytest.raises(ImproperlyConfigured) as refused:
            postgresql_database(url)

        assert str(refused.value).startswith("DATABASE_URL ")
        assert reason in str(refused.value)
        assert "secret" not in str(refused.value)


class TestSqlite:
    def test_transactions_take_the_write_lock_at_once(self) -> None:
        """A refresh reads before it writes: a deferred lock would fail in a race."""
        entry = sqlite_database(Path("/somewhere/db.sqlite3"))

        assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
