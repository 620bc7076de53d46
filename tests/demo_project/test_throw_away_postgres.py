"""The throw-away PostgreSQL cluster."""

import os
from pathlib import Path

import psycopg
import pytest

from demo_project import throw_away_postgres as postgres
from demo_project.throw_away_postgres import PostgresCluster, PostgresError

pytestmark = pytest.mark.postgres


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
        assert not _is_alive(pid)

    def test_failing_initdb_is_reported_and_leaves_nothing(
        self, tmp_path: Path
    ) -> None:
        """Its own words say what is wrong with the machine."""
        initdb = tmp_path / "initdb"
        initdb.write_text("#!/bin/sh\necho 'no room on the disk' >&2; exit 1\n")
        initdb.chmod(0o755)
        for directory in [tmp_path, *list(tmp_path.parents)[:-2]]:
            directory.chmod(0o755)
        cluster = PostgresCluster(tmp_path)

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


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
