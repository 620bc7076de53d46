"""The servers of a test run: chosen, announced, and gone with it."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo_project import throw_away_postgres as postgres
from tests.harness import servers
from tests.harness.programs import require_program

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
VARIABLES = [
    "TEST_DATABASE",
    "TEST_POSTGRES_SOCKET_DIR",
    "TEST_POSTGRES_MISSING",
    "TEST_REDIS_URL",
    "PYTEST_XDIST_WORKER",
]


@pytest.fixture
def _no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a run that has not begun."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def _no_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without PostgreSQL."""
    monkeypatch.setattr(postgres, "find_programs", lambda: None)


@pytest.fixture
def cleanup() -> Iterator[contextlib.ExitStack]:
    """What the plugin closes at the end of a run."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.mark.usefixtures("_no_servers", "_no_postgres")
class TestChoice:
    def test_machine_without_postgres_gets_sqlite_and_says_so(
        self, cleanup: contextlib.ExitStack
    ) -> None:
        """The tests that need PostgreSQL must be able to tell why they have none."""
        servers.start_servers(cleanup)

        assert os.environ["TEST_DATABASE"] == "sqlite"
        assert os.environ["TEST_POSTGRES_MISSING"]

    def test_sqlite_on_purpose_is_not_called_missing(
        self, cleanup: contextlib.ExitStack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One run of the matrix uses SQLite, with CI=true and PostgreSQL around."""
        monkeypatch.setenv("TEST_DATABASE", "sqlite")

        servers.start_servers(cleanup)

        assert "TEST_POSTGRES_MISSING" not in os.environ

    def test_postgres_on_purpose_never_becomes_sqlite(
        self, cleanup: contextlib.ExitStack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever asks for PostgreSQL must not get a green run without it."""
        monkeypatch.setenv("TEST_DATABASE", "postgresql")

        with pytest.raises(postgres.PostgresError, match="install your system's"):
            servers.start_servers(cleanup)

    def test_unknown_database_is_refused(
        self, cleanup: contextlib.ExitStack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A typing error must not choose a database by itself."""
        monkeypatch.setenv("TEST_DATABASE", "postgres")

        with pytest.raises(ValueError, match="use sqlite or postgresql"):
            servers.start_servers(cleanup)

    def test_end_of_the_run_takes_the_announcements_back(self) -> None:
        """A second run in the same process starts servers of its own."""
        with contextlib.ExitStack() as cleanup:
            servers.start_servers(cleanup)
            socket = Path(os.environ["TEST_REDIS_URL"].removeprefix("unix://")[:-5])
            running = socket.exists()

        assert running
        assert not socket.parent.exists()
        assert not any(name in os.environ for name in VARIABLES)


class TestWorkers:
    def test_every_worker_has_a_redis_database_of_its_own(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each test empties its worker's database; the others must not notice."""
        monkeypatch.setenv("TEST_REDIS_URL", "unix:///tmp/x/s?db=0")

        found = []
        for worker in ("gw0", "gw1", "gw62"):
            servers.use_own_redis_database(worker)
            found.append(os.environ["TEST_REDIS_URL"])

        assert found == [f"unix:///tmp/x/s?db={number}" for number in (1, 2, 63)]

    def test_more_workers_than_databases_are_refused(self) -> None:
        """Two workers on one database would fail now and then, not always."""
        with pytest.raises(ValueError, match="At most 63 workers"):
            servers.use_own_redis_database("gw63")


class TestMissingProgram:
    def test_present_program_is_found_under_any_name(self) -> None:
        """Chromium alone has four."""
        assert require_program("no-such-program", "-", "sh").endswith("/sh")

    def test_missing_program_skips_with_a_way_to_get_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A newcomer's machine may lack it."""
        monkeypatch.delenv("CI", raising=False)

        with pytest.raises(
            pytest.skip.Exception, match=r"missing program: no-such \(buy one\)"
        ):
            require_program("no-such", "buy one")

    def test_missing_program_fails_in_ci(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A row must not lose its proof because an installation failed."""
        monkeypatch.setenv("CI", "true")

        # A skip would pass through pytest.raises() and skip this test.
        with pytest.raises((pytest.fail.Exception, pytest.skip.Exception)) as caught:
            require_program("no-such", "buy one")

        assert isinstance(caught.value, pytest.fail.Exception)


class TestPostgresMarker:
    @pytest.fixture(autouse=True)
    def _project(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            """
            import pytest

            @pytest.mark.postgres
            def test_marked():
                pass

            def test_unmarked():
                pass
            """
        )

    @pytest.mark.parametrize(
        ("environment", "outcomes"),
        [
            ({"TEST_DATABASE": "postgresql"}, {"passed": 2}),
            ({"TEST_DATABASE": "sqlite"}, {"passed": 1, "skipped": 1}),
            ({"TEST_DATABASE": "sqlite", "CI": "true"}, {"passed": 1, "skipped": 1}),
            (
                {"TEST_DATABASE": "sqlite", "TEST_POSTGRES_MISSING": "1"},
                {"passed": 1, "skipped": 1},
            ),
            (
                {"TEST_DATABASE": "sqlite", "TEST_POSTGRES_MISSING": "1", "CI": "true"},
                {"passed": 1, "errors": 1},
            ),
        ],
    )
    def test_marked_test_runs_on_postgres_only(
        self,
        pytester: pytest.Pytester,
        monkeypatch: pytest.MonkeyPatch,
        environment: dict[str, str],
        outcomes: dict[str, int],
    ) -> None:
        """Missing is one thing, chosen otherwise another."""
        for name in ("TEST_POSTGRES_MISSING", "CI"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("TEST_POSTGRES_SOCKET_DIR", "/nonexistent")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

        result = _run_with_plugin(pytester)

        result.assert_outcomes(**outcomes)


class TestRun:
    def test_collection_starts_nothing(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An editor collects tests every few seconds."""
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        pytester.makepyfile("def test_something(): pass")

        result = _run_with_plugin(pytester, "--collect-only")

        result.stdout.fnmatch_lines(["servers: none", "*1 test collected*"])

    @pytest.mark.slow
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
    def test_broken_off_run_leaves_nothing(
        self, pytester: pytest.Pytester, number: int
    ) -> None:
        """Servers of broken off runs would fill a machine."""
        pytester.makepyfile(LONG_TEST)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        for name in VARIABLES:
            environment.pop(name, None)
        process = subprocess.Popen(  # noqa: S603 - pytest on a project made here
            [sys.executable, "-m", "pytest", *OPTIONS],
            cwd=pytester.path,
            env=environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        announced = _wait_for_lines(pytester.path / "announced")
        running = [Path(line).exists() for line in announced]

        os.killpg(process.pid, number)
        process.wait(30)

        assert running
        assert all(running)
        assert _wait_until(lambda: not any(Path(line).exists() for line in announced))

    def test_run_in_the_background_lets_programs_hear_ctrl_c(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Otherwise every test that presses it would wait for an end in vain."""
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        pytester.makepyfile(TEST_OF_SIGINT)
        command = shlex.join([sys.executable, "-m", "pytest", *OPTIONS])
        # As a shell does for a command that ends with "&".
        ignoring = f"trap '' INT; exec {command}"

        result = pytester.run("/bin/sh", "-c", ignoring)

        result.assert_outcomes(passed=1)


# Without the plugins that take longer to load than these tests to run.
OPTIONS = [
    *["-p", "no:valkey", "-p", "no:django", "-p", "no:randomly"],
    *["-p", "no:hypothesispytest", "-p", "tests.harness.plugin"],
]
TEST_OF_SIGINT = """
    import os, signal, subprocess, sys

    def test_sigint():
        os.kill(os.getpid(), signal.SIGINT)
        program = "import signal; print(signal.getsignal(signal.SIGINT))"
        said = subprocess.check_output([sys.executable, "-c", program], text=True)
        assert "default_int_handler" in said
    """
LONG_TEST = """
    import os, time
    from pathlib import Path

    def test_long():
        lines = [os.environ["TEST_REDIS_URL"].removeprefix("unix://").partition("?")[0]]
        if "TEST_POSTGRES_SOCKET_DIR" in os.environ:
            lines.append(os.environ["TEST_POSTGRES_SOCKET_DIR"])
        Path("unfinished").write_text("\\n".join(lines))
        Path("unfinished").rename("announced")
        time.sleep(60)
    """


def _run_with_plugin(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    # This checkout's harness, not that of the one the environment was made for.
    pytester._monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return pytester.runpytest_subprocess(*OPTIONS, *arguments)


def _wait_for_lines(path: Path) -> list[str]:
    assert _wait_until(path.exists), "the run did not get as far as its test"
    return path.read_text().splitlines()


def _wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
