"""The issuer stops, hangs, and comes back with another key; the second service lives.

It asks for keys several times a second here (``hasty_program``), not every half minute.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jwt
import pytest

from demo_project.environment import CHECKOUT
from tests.demo_project.conftest import StartDemo
from tests.demo_project.demo_process import READY, DemoProcess, clean_environment
from tests.demo_project.resource_server.calls import access_token, whoami

pytestmark = [pytest.mark.serial, pytest.mark.slow]

PROGRAM = "tests.demo_project.resource_server.hasty_program"
PATIENCE_SECONDS = 30.0


@pytest.fixture
def second(tmp_path: Path, start_demo: StartDemo) -> DemoProcess:
    """The second service, alone."""
    process = start_demo(tmp_path / "unused", program=PROGRAM)
    process.wait_for("Ctrl-C stops it")
    return process


def _start_issuer(
    start_demo: StartDemo, directory: Path, second: DemoProcess
) -> DemoProcess:
    demo = start_demo(directory, DEMO_PORT=str(second.port))
    demo.wait_for(READY)
    return demo


def _wait_for(status: int, second: DemoProcess, token: str) -> set[int]:
    """Call until ``status`` comes; return what came before."""
    before: set[int] = set()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := whoami(second, token).status) != status:
        before.add(found)
        assert time.monotonic() < deadline, before
        time.sleep(0.05)
    return before


def _ask_for(seconds: float, second: DemoProcess, token: str) -> set[int]:
    """Call for a while, through several attempts to fetch keys; return what came."""
    statuses = set()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        statuses.add(whoami(second, token).status)
        time.sleep(0.05)
    return statuses


def _manage(directory: Path, second: DemoProcess, *arguments: str) -> None:
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env={
            **clean_environment(),
            "DEMO_DIR": str(directory),
            "DEMO_PORT": str(second.port),
        },
        check=True,
        capture_output=True,
        timeout=60,
    )


def _kid(token: str) -> str:
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid


@contextmanager
def _hung(demo: DemoProcess) -> Iterator[None]:
    """Stop every process of a demo as a debugger does: sockets stay open."""
    pids = demo.everybody()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_issuer_stops_and_comes_back_with_another_key(
    tmp_path: Path, start_demo: StartDemo, second: DemoProcess
) -> None:
    """Old tokens go on without the issuer, new ones follow within the interval."""
    directory = tmp_path / "demo"
    demo = _start_issuer(start_demo, directory, second)
    old = access_token(demo)
    _wait_for(200, second, old)

    demo.press_ctrl_c()
    assert _ask_for(1.0, second, old) == {200}

    _manage(directory, second, "jwtauth_keys", "retire", "--replace", "--", _kid(old))
    demo = _start_issuer(start_demo, directory, second)
    new = access_token(demo)
    assert _kid(new) != _kid(old)
    assert _wait_for(200, second, new) <= {401}
    # The issuer no longer stands by the key that it has retired.
    assert _wait_for(401, second, old) <= {200}


def test_issuer_that_hangs_delays_no_request_with_known_keys(
    tmp_path: Path, start_demo: StartDemo, second: DemoProcess
) -> None:
    """Its socket still takes connections, and nothing ever comes."""
    demo = _start_issuer(start_demo, tmp_path / "demo", second)
    token = access_token(demo)
    _wait_for(200, second, token)

    with _hung(demo):
        assert _ask_for(3.0, second, token) == {200}

    assert whoami(second, token).status == 200


def test_issuer_that_hangs_from_the_start_is_503_until_it_answers(
    tmp_path: Path, start_demo: StartDemo
) -> None:
    """Each request waits for one attempt at most; the caller's own limit is 10 s."""
    demo = start_demo(tmp_path / "demo", DEMO_RESOURCE_SERVER="0")
    demo.wait_for(READY)
    with _hung(demo):
        second = start_demo(tmp_path, program=PROGRAM, DEMO_PORT=str(demo.port))
        second.wait_for("Ctrl-C stops it")
        assert _ask_for(1.0, second, "x.y.z") == {503}

    # It would be 503 for ever if the attempt had been the last.
    assert _wait_for(401, second, "x.y.z") <= {503}
