"""`make demo` and its second service: started, found, refused, ended together."""

import html
import json
import re
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from demo_project.environment import read_environment
from demo_project.ports import answers, claim_port, reserved_port
from demo_project.resource_server.beside_the_demo import (
    fault_of_second_port,
    is_second_service,
    passed_on,
)
from demo_project.resource_server.status import status_of
from tests.demo_project.conftest import StartDemo
from tests.demo_project.demo_process import READY, DemoProcess, free_port
from tests.demo_project.resource_server.calls import access_token, whoami
from tests.demo_project.resource_server.issuer import Issuer
from tests.harness.programs import require_program

ALONE = "demo_project.resource_server"

of_processes = [pytest.mark.serial, pytest.mark.slow]


class TestStart:
    pytestmark = pytest.mark.slow

    def test_demo_starts_it_and_one_token_opens_both(
        self, running_demo: DemoProcess
    ) -> None:
        """It is what tokens are for, and it takes no more than `make demo`."""
        demo = running_demo
        token = access_token(demo)

        assert f"Second service http://127.0.0.1:{demo.port + 1}/\n" in demo.output
        assert whoami(demo, token).text("sub") == "1"
        home = demo.call().send("GET", "/").content.decode()
        assert f'href="http://127.0.0.1:{demo.port + 1}/"' in home

    @pytest.mark.parametrize(
        ("lines", "statuses"), [("curl", [200, 200, 403, 200]), ("curl_cookie", [200])]
    )
    def test_curl_lines_of_its_page_work_as_pasted(
        self, lines: str, statuses: list[int], running_demo: DemoProcess
    ) -> None:
        """A stranger to tokens has nothing else."""
        bash = require_program("bash", "apt-get install bash")
        require_program("curl", "apt-get install curl")
        page = running_demo.call_second().send("GET", "/").content.decode()
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


class TestAlone:
    """With starts of their own."""

    pytestmark = of_processes

    def test_port_of_somebody_else_is_one_line_that_names_demo_port(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """Tokens would go to whatever listens there."""
        with (
            reserved_port(following=1) as port,
            socket.create_server(("127.0.0.1", port + 1)),
        ):
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
        token = access_token(demo)

        assert "(ran before, and stays)" in demo.output
        assert whoami(second, token).status == 200
        assert demo.press_ctrl_c() == 0
        assert whoami(second, token).status == 200
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

        token = access_token(demo)

        headers = {"Authorization": f"Bearer {token}"}
        assert demo.call().send("GET", "/jwt/api/me/", headers=headers).status == 200
        assert whoami(second, token).status == 401
        assert "Second service none" in demo.output


class TestEnd:
    pytestmark = of_processes

    def test_it_ends_even_if_the_demo_is_killed(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """It would keep the port. ``test_serve`` sees to the other ways to end."""
        demo = start_demo(tmp_path / "demo")
        demo.wait_for(READY)
        assert answers(demo.port + 1)

        demo.process.kill()
        demo.wait()

        assert demo.leftovers() == []
        assert not answers(demo.port + 1)
        assert "Traceback" not in demo.output


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
