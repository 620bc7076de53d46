"""The pytest plugin of this project; ``addopts`` loads it with ``-p``.

pytest-django reads the settings in ``pytest_load_initial_conftests``, before any
conftest of ours: the servers must be announced by then. A plugin named by ``-p`` is
registered before that hook is called, and ``tryfirst`` puts it ahead of pytest-django.
"""

import contextlib
import os
import signal
from collections.abc import Generator

import pytest

from demo_project.embedded_valkey import EmbeddedValkeyError
from demo_project.throw_away_postgres import HOW_TO_GET, PostgresError
from tests.harness.log_sink import LogSink, install, refuse_leaks
from tests.harness.programs import skip_missing_program
from tests.harness.requirements.recorder import RequirementRecorder
from tests.harness.requirements.rows import TABLE, TableError
from tests.harness.servers import (
    NO_SERVER,
    announce_none,
    start_servers,
    use_own_redis_database,
)

LOG_SINK = LogSink()

RUNS_NOTHING = (
    "collectonly",
    "help",
    "version",
    "markers",
    "showfixtures",
    "show_fixtures_per_test",
    "cacheshow",
    "setupplan",
)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers, or take over those of the controlling process."""
    _let_programs_hear_ctrl_c()
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        use_own_redis_database(worker)
        return
    cleanup = contextlib.ExitStack()
    early_config.add_cleanup(cleanup.close)
    options = early_config.known_args_namespace
    if any(getattr(options, name, None) for name in RUNS_NOTHING):
        announce_none(cleanup)
        return
    try:
        start_servers(cleanup)
    except (EmbeddedValkeyError, PostgresError, ValueError) as error:
        raise pytest.UsageError(str(error)) from error


def _let_programs_hear_ctrl_c() -> None:
    # A shell script that starts us in the background has it ignored, and what is
    # ignored stays so in every program that a test starts. A handler does not, and
    # one that does nothing leaves us as deaf as before.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: None)


def pytest_configure(config: pytest.Config) -> None:
    """Note which tests prove which requirements."""
    if not (config.rootpath / TABLE).exists():
        return
    try:
        config.pluginmanager.register(RequirementRecorder(config))
    except TableError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_sessionstart() -> None:
    """Watch the log of every test from here on."""
    install(LOG_SINK)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """Fail a test in whose log a secret was, when all of it is over."""
    yield
    refuse_leaks(LOG_SINK)


@pytest.fixture
def log_sink() -> LogSink:
    """The sink under this test, for those that look into it."""
    return LOG_SINK


def pytest_report_header() -> str:
    """Say what the tests run on."""
    if os.environ["TEST_REDIS_URL"] == NO_SERVER:
        return "servers: none"
    return f"servers: {os.environ['TEST_DATABASE']}, {os.environ['TEST_REDIS_URL']}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Keep tests marked ``postgres`` off another database."""
    if item.get_closest_marker("postgres") is None:
        return
    if "TEST_POSTGRES_MISSING" in os.environ:
        skip_missing_program("PostgreSQL", HOW_TO_GET)
    if os.environ["TEST_DATABASE"] != "postgresql":
        pytest.skip("TEST_DATABASE is not postgresql")
