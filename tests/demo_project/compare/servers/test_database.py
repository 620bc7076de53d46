"""The database of a run: PostgreSQL where it is installed, SQLite where it isn't."""

from pathlib import Path

import psycopg
import pytest

from demo_project.compare.servers import database as databases
from demo_project.compare.servers.database import (
    SQLITE_FILE,
    TEMPLATE,
    throw_away_database,
)


class TestSqlite:
    @pytest.fixture(autouse=True)
    def _no_postgresql(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(databases, "find_programs", lambda: None)

    def test_it_stands_in_where_postgresql_is_missing(self, tmp_path: Path) -> None:
        """All but a few rows can be measured without it."""
        with throw_away_database(tmp_path) as database:
            assert database.name.startswith("SQLite 3.")
            assert not database.can_stop
            with pytest.raises(NotImplementedError):
                database.stop()

    def test_each_mode_gets_a_copy_of_the_template(self, tmp_path: Path) -> None:
        """Migrations and the hash of the user's password are paid for once."""
        for name in (TEMPLATE, "jwt_row"):
            (tmp_path / name).mkdir()
        (tmp_path / TEMPLATE / SQLITE_FILE).write_text("rows")

        with throw_away_database(tmp_path) as database:
            url = database.url_for("jwt_row")

        assert url == ""
        assert (tmp_path / "jwt_row" / SQLITE_FILE).read_text() == "rows"


@pytest.mark.postgres
@pytest.mark.slow
class TestPostgresql:
    def test_modes_share_the_template_and_nothing_else(self, tmp_path: Path) -> None:
        """A row of one mode in the tables of another would be counted."""
        with throw_away_database(tmp_path) as database:
            assert database.name.startswith("PostgreSQL ")
            _run(database.template_url, "CREATE TABLE things AS SELECT 1 AS one")
            first, second = database.url_for("first"), database.url_for("second")
            _run(first, "INSERT INTO things VALUES (2)")

            assert _count(first) == 2
            assert _count(second) == 1

    def test_stopped_server_refuses_and_comes_back_with_its_data(
        self, tmp_path: Path
    ) -> None:
        """What a crash leaves must be what was there."""
        with throw_away_database(tmp_path) as database:
            _run(database.template_url, "CREATE TABLE things AS SELECT 1 AS one")
            url = database.url_for("first")
            database.stop()
            with pytest.raises(psycopg.OperationalError):
                _count(url)
            database.start()

            assert database.can_stop
            assert _count(url) == 1


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
    connection.close()


def _count(url: str) -> int:
    with psycopg.connect(url) as connection:
        [count] = connection.execute("SELECT count(*) FROM things").fetchone() or [-1]
    connection.close()
    return count
