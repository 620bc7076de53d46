"""`make demo` and its second service: started, found, refused, ended together."""

import html
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from demo_project.compare import server as comparison
from demo_project.devices import JwtDevice
from demo_project.environment import read_environment
from demo_project.http_caller import Answer
from demo_project.ports import claim_port
from demo_project.resource_server import __main__ as resource_server
from demo_project.resource_server.beside_the_demo import (
    fault_of_second_port,
    is_second_service,
    passed_on,
)
from demo_project.resource_server.status import status_of
from tests.demo_project.conftest import StartDemo
from tests.demo_project.demo_process import DemoProcess, free_port
from tests.demo_project.resource_server.issuer import Issuer
from tests.harness.programs import require_program

READY = "Ctrl-C stops everything"
ALONE = "demo_project.resource_server"
CREDENTIALS = ("alice", "tandem-demo")

of_processes = [pytest.mark.serial, pytest.mark.slow]


def _token(demo: DemoProcess) -> str:
    alice = JwtDevice(demo.call(), "/jwt")
    alice.log_in(*CREDENTIALS)
    return alice.access_token


def _whoami(service: DemoProcess, token: str) -> Answer:
    headers = {"Authorization": f"Bearer {token}"}
    return service.call_second().send("GET", "/api/whoami/", headers=headers)


class TestStart:
    pytestmark = of_processes

    def test_demo_starts_it_and_one_token_opens_both(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """It is what tokens are for, and it takes no more than `make demo`."""
        demo = start_demo(tmp_path / "demo")
        demo.wait_for(READY)

        token = _token(demo)

        assert f"Second service http://127.0.0.1:{demo.port + 1}/\n" in demo.output
        assert _whoami(demo, token).text("sub") == "1"
        home = demo.call().send("GET", "/").content.decode()
        assert f'href="http://127.0.0.1:{demo.port + 1}/"' in home

    @pytest.mark.parametrize(
        ("lines", "statuses"), [("curl", [200, 200, 403, 200]), ("curl_cookie", [200])]
    )
    def test_curl_lines_of_its_page_work_as_pasted(
        self,
        lines: str,
        statuses: list[int],
        tmp_path: Path,
        start_demo: StartDemo,
    ) -> None:
        """A stranger to tokens has nothing else."""
        bash = require_program("bash", "apt-get install bash")
        require_program("curl", "apt-get install curl")
        demo = start_demo(tmp_path / "demo")
        demo.wait_for(READY)
        page = demo.call_second().send("GET", "/").content.decode()
        (shown,) = [
            html.unescape(block)
            for block in re.findall("<code>(ISSUER=.*?)</code>", page, re.DOTALL)
            if ("JAR=" in block) == (lines == "curl_cookie")
        ]

        pasted = subprocess.run(  # noqa: S603 - the lines that we show ourselves
            [bash, "-c", shown], capture_output=True, text=True, check=True
        )

        answers = pasted.stdout.split("HTTP/1.1 ")[1:]
        assert [int(answer.split()[0]) for answer in answers] == statuses

    def test_port_of_somebody_else_is_one_line_that_names_demo_port(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """Tokens would go to whatever listens there."""
        port = free_port()
        with socket.create_server(("127.0.0.1", port + 1)):
            demo = start_demo(tmp_path / "demo", DEMO_PORT=str(port))

            assert demo.wait() == 2
            (line,) = demo.output.splitlines()
            assert f"DEMO_PORT {port}: the second service takes the next one" in line
            assert f"DEMO_PORT={port + 2} make demo" in line

    def test_one_that_runs_already_is_used_and_left_alone(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """So that the issuer can be stopped and started while it lives."""
        second = start_demo(tmp_path / "unused", program=ALONE)
        second.wait_for("Ctrl-C stops it")
        demo = start_demo(tmp_path / "demo", DEMO_PORT=str(second.port))
        demo.wait_for(READY)
        token = _token(demo)

        assert "(ran before, and stays)" in demo.output
        assert _whoami(second, token).status == 200
        assert demo.press_ctrl_c() == 0
        assert _whoami(second, token).status == 200
        assert not (tmp_path / "unused").exists()

    @pytest.mark.requirement("ATJ-09")
    def test_without_it_no_token_names_it_and_it_takes_none(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """A genuine token, signed by the issuer's key, for the issuer's API alone."""
        second = start_demo(tmp_path / "unused", program=ALONE)
        second.wait_for("Ctrl-C stops it")
        port = str(second.port)
        demo = start_demo(tmp_path / "demo", DEMO_PORT=port, DEMO_RESOURCE_SERVER="0")
        demo.wait_for(READY)

        token = _token(demo)

        headers = {"Authorization": f"Bearer {token}"}
        assert demo.call().send("GET", "/jwt/api/me/", headers=headers).status == 200
        assert _whoami(second, token).status == 401
        assert "Second service none" in demo.output


class TestEnd:
    pytestmark = of_processes

    def test_it_ends_even_if_the_demo_is_killed(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """It would keep the port. ``test_serve`` sees to the other ways to end."""
        demo = start_demo(tmp_path / "demo")
        demo.wait_for(READY)
        assert _answers(demo.port + 1)

        demo.process.kill()
        demo.wait()

        assert demo.leftovers() == []
        assert not _answers(demo.port + 1)
        assert "Traceback" not in demo.output

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_alone_it_ends_by_every_signal_of_a_terminal(
        self, number: signal.Signals, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """It has a terminal of its own then."""
        second = start_demo(tmp_path / "unused", program=ALONE)
        second.wait_for("Ctrl-C stops it")

        os.killpg(second.process.pid, number)

        assert second.wait() == 0
        assert second.leftovers() == []
        assert "Traceback" not in second.output

    def test_alone_and_killed_it_leaves_no_worker(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """A worker that went on would hold the port."""
        second = start_demo(tmp_path / "unused", program=ALONE)
        second.wait_for("Ctrl-C stops it")

        second.process.kill()
        second.wait()

        assert second.leftovers() == []

    @pytest.mark.parametrize("after", [0.0, 0.2, 0.4, 0.7])
    def test_ctrl_c_while_it_starts_leaves_nothing(
        self, after: float, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """Whoever mistyped something presses it at once."""
        second = start_demo(tmp_path / "unused", program=ALONE)
        while not _listens_for_signals(second) and not second.has_ended(within=0.01):
            pass
        second.has_ended(within=after)

        assert second.press_ctrl_c() in {0, 130, -signal.SIGINT}
        assert second.leftovers() == []
        assert "Traceback" not in second.output

    @pytest.mark.parametrize("after", [0.0, 0.1])
    def test_ctrl_c_while_its_worker_starts_is_left_to_the_main_process(
        self, after: float, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """The worker is not in a group of its own yet, and would die half-way."""
        second = start_demo(tmp_path / "unused", program=ALONE)
        while not any("spawn_main(" in line for line in second._processes()):
            assert not second.has_ended(within=0.0), second.output
        second.has_ended(within=after)

        # Whatever of the group hears it before the main process does.
        for pid in second.group() - {second.process.pid}:
            os.kill(pid, signal.SIGINT)

        second.wait_for("Ctrl-C stops it")
        assert _answers(second.port + 1)
        assert second.press_ctrl_c() == 0
        assert "Traceback" not in second.output

    def test_taken_port_is_one_line_that_says_what_to_do(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """Most often the demo itself has started one there."""
        port = free_port()
        with socket.create_server(("127.0.0.1", port + 1)):
            second = start_demo(tmp_path, program=ALONE, DEMO_PORT=str(port))

            assert second.wait() == 2
            (line,) = second.output.splitlines()
            assert "Its port is DEMO_PORT + 1" in line


def _listens_for_signals(process: DemoProcess) -> bool:
    """Tell whether Python has come as far as the program; SIGHUP is its first sign."""
    status = Path(f"/proc/{process.process.pid}/status").read_text()
    (caught,) = re.findall(r"^SigCgt:\s*(\w+)$", status, re.MULTILINE)
    return bool(int(caught, 16) >> (signal.SIGHUP - 1) & 1)


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/status/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


class TestSignals:
    @pytest.fixture(autouse=True)
    def _handlers_of_before(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        handlers = [signal.getsignal(number) for number in numbers]
        yield
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)

    def test_signals_leave_in_good_order_before_the_server_hears_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its watchdog may end it while it starts; a ``with`` must still be left."""
        heard_by: list[Any] = []

        def run(**_: object) -> int:
            heard_by.append(signal.getsignal(signal.SIGTERM))
            return 0

        monkeypatch.setattr(sys, "argv", ["-m"])
        monkeypatch.setattr(f"{ALONE}.server.run_resource_server", run)

        assert resource_server.main() == 0
        assert callable(heard_by[0])
        with pytest.raises(SystemExit) as left:
            heard_by[0](signal.SIGTERM, None)
        assert left.value.code == 0


class TestStatus:
    @pytest.fixture
    def listener(self) -> Iterator[int]:
        """The port of something that answers any GET, with a JWK Set."""
        with Issuer().published() as address:
            yield int(address.split(":")[2].split("/")[0])

    def test_something_else_that_speaks_http_is_not_it(self, listener: int) -> None:
        """Ports beside 8000 are popular."""
        expected = status_of(issuer="http://127.0.0.1:1", audience="a")

        assert not is_second_service(listener, expected)

    def test_port_that_is_free_is_not_it(self) -> None:
        """Nothing there is no error."""
        assert not is_second_service(free_port(), {})

    def test_one_that_is_about_to_answer_is_waited_for(self) -> None:
        """Whoever starts both at once must not be told to choose another port."""
        environment = read_environment({"DEMO_PORT": str(free_port())})
        second = Issuer()
        second.document = json.dumps(
            status_of(issuer=environment.address, audience=environment.second_address)
        ).encode()

        with claim_port(environment.second_port), ThreadPoolExecutor(1) as pool:
            found = pool.submit(fault_of_second_port, environment)
            with pytest.raises(TimeoutError):
                found.result(0.5)
            with second.published(environment.second_port):
                assert found.result(30) is None


class TestPassedOn:
    def test_nothing_that_may_hold_the_issuers_secrets_is_passed_on(self) -> None:
        """A verifier with the database's password could make itself a login."""
        taken = {"PATH": "/bin", "HOME": "/h", "DEMO_PORT": "8000", "DEMO_HOSTS": "h"}
        secret = {
            "DATABASE_URL": "postgres://ann:secret@h/db",
            "DEMO_DIR": "/d",
            "DJANGO_SETTINGS_MODULE": "demo_project.settings",
            "PGPASSWORD": "secret",
            "REDIS_URL": "redis://:secret@h",
        }

        assert passed_on({**secret, **taken}) == taken

    def test_comparison_starts_none(self) -> None:
        """It would take time from what is measured."""
        variables = comparison._environment("jwt", 8000, Path("/d"))

        assert variables["DEMO_RESOURCE_SERVER"] == "0"
