"""The throw-away PostgreSQL cluster."""

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from demo_project import throw_away_postgres as postgres
from demo_project.environment import CHECKOUT
from demo_project.throw_away_postgres import PostgresCluster, PostgresError
from tests.harness.patience import is_alive, until

pytestmark = pytest.mark.postgres

OWNER = """
import time
from pathlib import Path
from demo_project.throw_away_postgres import PostgresCluster
with PostgresCluster(Path({programs!r})) as cluster:
    cluster.kill()
    {then}
    print(cluster.socket_dir, cluster.pid, flush=True)
    time.sleep(120)
"""

# What a shell without job control starts with "&" is born like that.
IN_A_SCRIPT = """
import signal
signal.signal(signal.SIGQUIT, signal.SIG_IGN)
"""


@pytest.fixture
def programs() -> Path:
    """The directory of the programs, which the marker has made sure of."""
    found = postgres.find_programs()
    assert found
    return found


class TestPostgresCluster:
    @pytest.mark.slow
    def test_cluster_serves_and_leaves_nothing(self, programs: Path) -> None:
        """The next run must find no server and no directory of this one."""
        with PostgresCluster(programs) as cluster:
            with psycopg.connect(
                host=str(cluster.socket_dir), user="postgres"
            ) as client:
                [limit] = client.execute("SHOW max_connections").fetchone() or [None]
            client.close()
            pid = cluster.pid

        assert limit == "200"
        assert not cluster.socket_dir.exists()
        assert not is_alive(pid)

    def test_failing_initdb_is_reported_and_leaves_nothing(
        self, open_directory: Path
    ) -> None:
        """Its own words say what is wrong with the machine."""
        _make_initdb(open_directory, "echo 'no room on the disk' >&2; exit 1")
        cluster = PostgresCluster(open_directory)

        with pytest.raises(PostgresError, match="did not start: no room on the disk"):
            cluster.start()

        assert not cluster.socket_dir.exists()

    @pytest.mark.slow
    def test_failing_server_is_reported_and_leaves_nothing(
        self, programs: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The end of its log stands in the error."""
        monkeypatch.setitem(postgres.SETTINGS, "max_connections", "many")
        cluster = PostgresCluster(programs)

        with pytest.raises(PostgresError, match=r'(?s)did not start: .*"many"'):
            cluster.start()

        assert not cluster.socket_dir.exists()

    @pytest.mark.slow
    def test_killed_server_is_revived_with_its_data(self, programs: Path) -> None:
        """A crash that lost rows would be another one than what is measured."""
        with PostgresCluster(programs) as cluster:
            _execute(cluster, "CREATE TABLE things AS SELECT 1 AS one")
            first = cluster.pid
            cluster.kill()
            with pytest.raises(psycopg.OperationalError):
                _execute(cluster, "SELECT 1")
            cluster.revive()

            assert cluster.pid != first
            assert _execute(cluster, "SELECT one FROM things") == 1

    @pytest.mark.slow
    def test_cluster_whose_server_is_killed_leaves_nothing(
        self, programs: Path
    ) -> None:
        """Ctrl-C may come while it is down."""
        with PostgresCluster(programs) as cluster:
            cluster.kill()

        assert not cluster.socket_dir.exists()

    @pytest.mark.slow
    @pytest.mark.parametrize("then", ["", "cluster.revive()"])
    def test_killed_owner_leaves_nothing(self, then: str, programs: Path) -> None:
        """The run may be killed while the server is down, or after it came back."""
        program = OWNER.format(programs=str(programs), then=then)
        owner = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", program],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            text=True,
        )
        with owner:
            assert owner.stdout is not None
            directory, pid = owner.stdout.readline().split()
            owner.kill()

        until(lambda: not is_alive(int(pid)))
        until(lambda: not Path(directory).exists())

    def test_owner_that_is_killed_while_it_is_made_leaves_nothing(
        self, open_directory: Path
    ) -> None:
        """Its watchdog's signal goes to a shell, which would leave initdb behind."""
        told = open_directory / "told"
        told.touch()
        told.chmod(0o666)
        initdb = f"echo $$ $PWD > {shlex.quote(str(told))}; exec sleep 90"
        _make_initdb(open_directory, initdb)
        program = IN_A_SCRIPT + OWNER.format(programs=str(open_directory), then="")
        with subprocess.Popen([sys.executable, "-c", program], cwd=CHECKOUT) as owner:  # noqa: S603 - our own program
            until(lambda: told.read_text().endswith("\n"))
            owner.kill()
        pid, directory = told.read_text().split()

        until(lambda: not is_alive(int(pid)))
        until(lambda: not Path(directory).exists())

    def test_cluster_that_was_not_started_can_not_be_killed(
        self, programs: Path
    ) -> None:
        """Its process id would be somebody else's."""
        with pytest.raises(PostgresError, match="has not been started"):
            PostgresCluster(programs).kill()


def test_root_without_the_account_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's own refusal comes late and names no cure."""
    monkeypatch.setattr(postgres.os, "getuid", lambda: 0)
    monkeypatch.setattr(postgres.pwd, "getpwnam", {}.__getitem__)

    with pytest.raises(PostgresError, match="there is no account `postgres`"):
        PostgresCluster(tmp_path)


def _execute(cluster: PostgresCluster, statement: str) -> int | None:
    with psycopg.connect(
        host=str(cluster.socket_dir), user="postgres", autocommit=True
    ) as client:
        cursor = client.execute(statement)
        [value] = (cursor.fetchone() if cursor.description else None) or [None]
    client.close()
    return value


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """One that the account can reach which runs the cluster; pytest's are closed."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory


def _make_initdb(directory: Path, script: str) -> None:
    program = directory / "initdb"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
