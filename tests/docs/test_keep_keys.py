"""The recipes for keys, run as they stand on the page."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from typing import Any, TypeAlias

import boto3
import pytest
from django.core.management import call_command
from moto import mock_aws

from jwtauth.conf.options import OPTIONS
from jwtauth.stores import private_keys
from tests.harness.programs import require_program

Jwks: TypeAlias = list[dict[str, Any]]
Loader: TypeAlias = Callable[[], Jwks]

PAGE = (Path(__file__).parents[2] / "docs/how-to/keep-keys.md").read_text("utf-8")
NOW = 1_800_000_000


def section(title: str) -> str:
    (text,) = re.findall(
        rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE
    )
    return str(text)


def code(title: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", section(title), re.DOTALL)


def loader(title: str) -> Loader:
    """Run the module that a section shows, and return its function."""
    namespace: dict[str, Any] = {}
    exec(code(title, "python")[0], namespace)  # noqa: S102 # our own page
    load: Loader = namespace["load_keys"]
    return load


def change(directory: Path, *action: str) -> Jwks:
    """Run ``jwtauth_keys`` as the page does, and return what is to be written back."""
    keys = ["--directory", str(directory), *action]
    call_command("jwtauth_keys", *keys, stdout=StringIO())
    return [json.loads(path.read_text()) for path in directory.glob("*.json")]


def kids(source: Path | Loader) -> set[str]:
    """Return the keys of a source that has no fault."""
    ring, problems = private_keys.load_ring(source, NOW)
    assert problems == []
    return {key.kid for key in ring}


def kids_of(jwks: Jwks) -> set[str]:
    return {jwk["kid"] for jwk in jwks}


class KeyValueEngine(BaseHTTPRequestHandler):
    """Answers ``GET /v1/secret/data/jwtauth`` as Vault's KV engine, version 2, does."""

    token: str
    text: str

    def do_GET(self) -> None:
        is_right = (self.path, self.headers["X-Vault-Token"]) == (
            "/v1/secret/data/jwtauth",
            self.token,
        )
        metadata = {"version": 1, "deletion_time": "", "destroyed": False}
        secret = {"data": {"keys": self.text}, "metadata": metadata}
        body = {"data": secret} if is_right else {"errors": ["permission denied"]}
        self.send_response(200 if is_right else 403)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def vault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[type[KeyValueEngine]]:
    """A server that speaks like Vault, its address and token where the page wants."""
    KeyValueEngine.token, KeyValueEngine.text = "hvs.renewed", "[]"
    token = tmp_path / "token"
    token.write_text("hvs.renewed\n")
    with HTTPServer(("127.0.0.1", 0), KeyValueEngine) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("VAULT_ADDR", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("VAULT_TOKEN_FILE", str(token))
        yield KeyValueEngine
        server.shutdown()
        thread.join()


@pytest.fixture
def secrets_manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """AWS as moto plays it, with an empty secret."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        client = boto3.client("secretsmanager")
        client.create_secret(Name="jwtauth/keys", SecretString="[]")
        yield client


@pytest.fixture(params=["environment", "vault", "aws"])
def place(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> tuple[Loader, Callable[[str], object]]:
    """The function of a section, and how text gets to where it reads."""
    match request.param:
        case "environment":
            write: Callable[[str], object] = partial(monkeypatch.setenv, "JWTAUTH_KEYS")
            return loader("An environment variable"), write
        case "vault":
            engine = request.getfixturevalue("vault")
            return loader("HashiCorp Vault"), partial(setattr, engine, "text")
        case _:
            client = request.getfixturevalue("secrets_manager")
            return loader("AWS Secrets Manager"), lambda text: client.put_secret_value(
                SecretId="jwtauth/keys", SecretString=text
            )


class TestFunctions:
    def test_rotation_arrives_from_where_the_function_reads(
        self, place: tuple[Loader, Callable[[str], object]], tmp_path: Path
    ) -> None:
        """Make keys, write them there, rotate, write them back: as the page says."""
        load, write = place
        write(json.dumps(first := change(tmp_path, "init")))
        before = kids(load)

        write(json.dumps(rotated := change(tmp_path, "rotate")))

        assert before == kids_of(first)
        assert kids(load) == kids_of(rotated) > before

    def test_place_that_fails_is_a_problem_without_its_secret(
        self, place: tuple[Loader, Callable[[str], object]]
    ) -> None:
        """A reload then keeps the last good keys; the log must not have the text."""
        load, write = place
        write('[{"k": "hunter2"')

        _, (problem,) = private_keys.load_ring(load, NOW)

        assert problem.code == "unreadable"
        assert "hunter2" not in f"{problem}{problem.hint}"


class TestVault:
    def test_token_is_read_anew_each_time(
        self, vault: type[KeyValueEngine], tmp_path: Path
    ) -> None:
        """The agent renews it while the process runs."""
        load = loader("HashiCorp Vault")
        load()
        vault.token = "hvs.next"
        (tmp_path / "token").write_text("hvs.next\n")

        assert load() == []

    def test_token_that_is_refused_is_no_empty_list(
        self, vault: type[KeyValueEngine]
    ) -> None:
        """A reload must fail and keep the last good keys."""
        vault.token = "another"

        _, (problem,) = private_keys.load_ring(loader("HashiCorp Vault"), NOW)

        assert "Forbidden" in str(problem)


class TestMountedSecrets:
    def test_rotation_arrives_where_kubernetes_swaps_the_files(
        self, tmp_path: Path
    ) -> None:
        """Names are links into a directory that is itself replaced as a link."""
        local, mount = tmp_path / "keys", tmp_path / "mount"
        mount.mkdir()
        for number, action in enumerate(["init", "rotate"]):
            jwks = change(local, action)
            (version := mount / f"..{number}").mkdir()
            for jwk in jwks:
                (version / f"{jwk['kid']}.json").write_text(json.dumps(jwk))
                link = mount / f"{jwk['kid']}.json"
                if not link.is_symlink():
                    link.symlink_to(Path("..data") / link.name)
            (mount / "..new").symlink_to(version.name)
            (mount / "..new").replace(mount / "..data")

            assert kids(mount) == kids_of(jwks)

    def test_list_works_on_a_mount(self, tmp_path: Path) -> None:
        """It is read-only there: to look at keys writes nothing."""
        change(tmp_path, "init")
        (tmp_path / ".lock").unlink()

        change(tmp_path, "list")

        assert not (tmp_path / ".lock").exists()


class TestShell:
    def test_unpacked_and_packed_keys_are_the_same(self, tmp_path: Path) -> None:
        """Nothing may be lost between the place and the directory."""
        bash = require_program("bash", "apt-get install bash")
        (functions, _) = code("Make, rotate and retire keys for another place", "sh")
        jwks = change(tmp_path / "made", "init")

        result = subprocess.run(  # noqa: S603 # our own page
            [bash, "-eu", "-c", f"{functions}\nunpack && pack"],
            input=json.dumps(jwks),
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"]},
        )

        assert sorted(map(str, json.loads(result.stdout))) == sorted(map(str, jwks))
        modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}
        assert modes == {0o600}


class TestSettings:
    @pytest.mark.parametrize("block", re.findall(r"^JWTAUTH = .*$", PAGE, re.MULTILINE))
    def test_settings_on_the_page_are_understood(self, block: str) -> None:
        """A reader copies them."""
        namespace: dict[str, Any] = {}
        exec(f"from datetime import timedelta\n{block}", namespace)  # noqa: S102 # our own page

        for name, value in namespace["JWTAUTH"].items():
            assert OPTIONS[name].read(value)
