"""`make demo` as a process of its own: start, serve, end, and nothing left behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import jwt
import pytest
from jwt import PyJWKSet

from demo_project.devices import Device, JwtDevice, SessionDevice
from demo_project.environment import CHECKOUT
from demo_project.ports import reserved_port
from tests.demo_project.conftest import StartDemo
from tests.demo_project.demo_process import READY, DemoProcess

pytestmark = pytest.mark.slow

CREDENTIALS = ("alice", "tandem-demo")


class TestServing:
    def test_start_says_where_to_click_and_serves(
        self, running_demo: DemoProcess
    ) -> None:
        """A newcomer has nothing but these lines."""
        home = running_demo.call().send("GET", "/")
        style = running_demo.call().send("GET", "/static/demo/style.css")

        address = f"http://127.0.0.1:{running_demo.port}/session/auth/login/"
        assert address in running_demo.output
        assert "alice, bob, carol, admin; password tandem-demo" in running_demo.output
        assert (home.status, style.status) == (200, 200)
        assert b"JSON Web Tokens are on" in home.content

    @pytest.mark.parametrize("scheme", ["jwt", "session"])
    def test_auth_scheme_decides_about_the_short_prefix(
        self, scheme: str, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """It is the one switch between the two apps."""
        demo = start_demo(tmp_path / "demo", AUTH_SCHEME=scheme)
        demo.wait_for(READY)

        answer = demo.call().send("GET", "/api/public/")
        challenge = demo.call().send("GET", "/api/me/").headers["www-authenticate"]

        assert answer.text("scheme") == scheme
        assert challenge.startswith({"jwt": "Bearer", "session": "Session"}[scheme])

    @pytest.mark.parametrize(
        ("scheme", "statuses"),
        [
            ("jwt", [200, 401, 401, 401]),
            ("session", [200, 200, 200, 204, 401]),
        ],
    )
    def test_curl_lines_of_the_home_page_work_as_pasted(
        self, scheme: str, statuses: list[int], running_demo: DemoProcess
    ) -> None:
        """They are the first thing that a newcomer tries."""
        bash = shutil.which("bash")
        if bash is None or shutil.which("curl") is None:
            pytest.skip("curl and bash are needed to paste the lines")
        template = CHECKOUT / "templates" / "demo" / f"curl_{scheme}.txt"
        base = f"http://127.0.0.1:{running_demo.port}"
        lines = template.read_text().replace("{{ base }}", base)

        pasted = subprocess.run(  # noqa: S603 - the lines that we show ourselves
            [bash, "-c", lines], capture_output=True, text=True, check=True
        )

        answered = [
            int(part.split()[0]) for part in pasted.stdout.split("HTTP/1.1 ")[1:]
        ]
        assert answered == statuses


class TestMetadata:
    @pytest.mark.requirement("JWK-08", "ATJ-09")
    def test_stranger_who_knows_the_issuer_can_verify_a_token(
        self, running_demo: DemoProcess
    ) -> None:
        """A second service has nothing but this address and its own identifier."""
        alice = JwtDevice(running_demo.call(), "/jwt")
        alice.log_in(*CREDENTIALS)
        issuer = f"http://127.0.0.1:{running_demo.port}"
        service = f"http://127.0.0.1:{running_demo.port + 1}"

        metadata = _json_at(f"{issuer}/.well-known/oauth-authorization-server")
        (key,) = PyJWKSet.from_dict(_json_at(metadata["jwks_uri"])).keys
        claims = jwt.decode(
            alice.access_token,
            key,
            algorithms=metadata["access_token_signing_alg_values_supported"],
            issuer=metadata["issuer"],
            audience=service,
        )

        assert metadata["issuer"] == issuer
        assert claims["aud"] == [f"{issuer}/api", service]

    def test_documents_are_served_as_caches_and_browsers_want_them(
        self, running_demo: DemoProcess
    ) -> None:
        """A body after HEAD ends the connection, and the server has a say in it."""
        caller = running_demo.call()
        for name in ("jwks.json", "oauth-authorization-server"):
            path = f"/.well-known/{name}"
            full, head = caller.send("GET", path), caller.send("HEAD", path)
            known = {"If-None-Match": full.headers["etag"]}
            again = caller.send("GET", path, headers=known)
            preflight = caller.send("OPTIONS", path)

            assert (full.status, head.status, again.status) == (200, 200, 304)
            assert (head.content, again.content) == (b"", b"")
            assert (
                head.headers["etag"] == again.headers["etag"] == known["If-None-Match"]
            )
            assert again.headers["access-control-allow-origin"] == "*"
            assert preflight.headers["access-control-allow-headers"] == "If-None-Match"
            assert not {"vary", "set-cookie"} & {*full.headers, *again.headers}


class TestEnding:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_signal_leaves_no_process_and_no_temporary_directory(
        self, number: signal.Signals, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """Ctrl-C, a service manager and a closed terminal all end it cleanly."""
        demo = start_demo(tmp_path / "demo")
        demo.wait_for(READY)
        # A thread that has just worked is the one that ends badly.
        JwtDevice(demo.call(), "/jwt").log_in(*CREDENTIALS)

        os.killpg(demo.process.pid, number)

        assert demo.wait() == 0
        assert demo.leftovers() == []
        assert "Traceback" not in demo.output
        assert "panicked" not in demo.output
        assert not (tmp_path / "demo" / "valkey_url").exists()

    def test_ctrl_c_is_left_to_the_main_process(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """A worker that ends first looks like a crash: an error, and exit code 1."""
        demo = start_demo(tmp_path / "demo")
        demo.wait_for(READY)

        # Whatever of the group hears it before the main process does.
        for pid in demo.group() - {demo.process.pid}:
            os.kill(pid, signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            demo.process.wait(1)

        assert demo.call().send("GET", "/api/public/").status == 200
        assert demo.press_ctrl_c() == 0
        assert "Unexpected exit" not in demo.output

    def test_sigkill_ends_everything_else_too(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """The kernel may kill any process when memory runs out."""
        demo = start_demo(tmp_path / "demo")
        demo.wait_for(READY)

        demo.process.kill()
        demo.wait()

        assert demo.leftovers() == []

    @pytest.mark.parametrize("after", [0.0, 0.2, 0.5, 0.8, 1.1, 1.5, 1.9])
    def test_ctrl_c_while_it_starts_leaves_nothing(
        self, after: float, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """Whoever mistyped something presses it at once."""
        demo = start_demo(tmp_path / "demo")
        demo.wait_for_its_handlers()
        assert not demo.has_ended(within=after)

        code = demo.press_ctrl_c()

        # A shell calls it 130, too, where the signal itself was the end.
        assert code in {0, 130, -signal.SIGINT}
        assert demo.leftovers() == []
        assert "Traceback" not in demo.output


class TestRefusals:
    def test_taken_port_is_one_line_that_names_demo_port(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """The server itself would share the port without a word."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            demo = start_demo(tmp_path / "demo", DEMO_PORT=str(port))

            said = f"DEMO_PORT {port} on 127.0.0.1 can't be used"
            _assert_refused(demo, said)
            # The next one is for the second service of whoever runs there.
            assert f"DEMO_PORT={port + 2} make demo" in demo.output

    def test_directory_that_is_a_file_is_one_line_that_names_it(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """A typing error must not end in a traceback."""
        path = tmp_path / "file"
        path.touch()

        _assert_refused(start_demo(path), f"DEMO_DIR can't be used ({path}: not a dir")

    def test_broken_key_is_one_line_that_names_the_file(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """Only whoever broke it can know whether it may be replaced."""
        broken = tmp_path / "keys" / "sig-broken.json"
        broken.parent.mkdir()
        broken.write_text("{")

        _assert_refused(start_demo(tmp_path), str(broken))

    @pytest.mark.parametrize(
        ("variable", "value", "said"),
        [
            ("AUTH_SCHEME", "both", 'set it to "jwt" or "session"'),
            ("REDIS_URL", "redis://127.0.0.1:{port}/0", "REDIS_URL: no server answers"),
            ("REDIS_URL", "http://127.0.0.1/", "REDIS_URL: no server answers"),
            (
                "DATABASE_URL",
                "postgres://ann:secret@127.0.0.1:{port}/db",
                "DATABASE_URL: the database doesn't answer",
            ),
        ],
    )
    def test_wrong_variable_is_one_line_that_names_it(
        self,
        variable: str,
        value: str,
        said: str,
        tmp_path: Path,
        start_demo: StartDemo,
    ) -> None:
        """Whatever can be typed wrongly will be."""
        with reserved_port() as port:
            changed = {variable: value.format(port=port)}

            _assert_refused(start_demo(tmp_path / "demo", **changed), said)

    def test_second_demo_in_the_same_directory_is_refused(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """Two servers would write one append-only file."""
        start_demo(tmp_path / "demo").wait_for(READY)

        second = start_demo(tmp_path / "demo")

        _assert_refused(second, "is in use by another server")


class TestSecondStart:
    def test_data_keys_and_revocations_are_kept(
        self, tmp_path: Path, start_demo: StartDemo
    ) -> None:
        """A restart must log nobody in again, and nobody out."""
        first = start_demo(tmp_path / "demo")
        first.wait_for(READY)
        devices = _log_in_four_times(first)
        kept, ended, _, gone = devices
        keys = _keys(tmp_path)
        assert kept.post("notes/", {"text": "milk"}).status == 201
        assert (ended.log_out().status, gone.log_out().status) == (204, 204)
        first.press_ctrl_c()

        second = start_demo(tmp_path / "demo", DEMO_PORT=str(first.port))
        second.wait_for(READY)

        kept, ended, session, gone = (d.copy_to(second.call()) for d in devices)
        assert (kept.call("me/").status, ended.call("me/").status) == (200, 401)
        assert (session.call("me/").status, gone.call("me/").status) == (200, 401)
        assert [n["text"] for n in json.loads(kept.call("notes/").content)] == ["milk"]
        assert _keys(tmp_path) == keys
        demo = tmp_path / "demo"
        assert not [p for p in demo.rglob("*") if p.stat().st_mode & 0o077]
        assert "nobody, all were there" in second.output


def _json_at(address: str) -> Any:  # noqa: ANN401 - whatever is there
    """Follow an address as it stands, the host in it too."""
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address) as answer:  # noqa: S310 - checked above
        return json.load(answer)


def _log_in_four_times(demo: DemoProcess) -> list[Device]:
    devices: list[Device] = [
        JwtDevice(demo.call(), "/jwt"),
        JwtDevice(demo.call(), "/jwt"),
        SessionDevice(demo.call(), "/session"),
        SessionDevice(demo.call(), "/session"),
    ]
    for device in devices:
        device.log_in(*CREDENTIALS)
    return devices


def _keys(directory: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in (directory / "demo" / "keys").iterdir()}


def _assert_refused(demo: DemoProcess, said: str) -> None:
    assert demo.wait() == 2
    assert said in demo.output
    # Keys may have been made by then, which is in the log.
    lines = [line for line in demo.output.splitlines() if not line.startswith("{")]
    assert len(lines) == 1
    assert "secret" not in demo.output
    assert demo.leftovers() == []
