"""Start everything the demo needs, serve it, and say where to click."""

import contextlib
import io
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from redis import Redis, RedisError

from demo_project.directory import prepare_directory, recorded_valkey
from demo_project.embedded_valkey import EmbeddedValkey, EmbeddedValkeyError
from demo_project.environment import HIGHEST_PORT, Environment, read_environment
from demo_project.welcome import welcome

HOST = "127.0.0.1"
# Two requests at a time are the least that shows races; four keep a page with its
# style sheet and a few terminals moving.
THREADS = 4
LONGEST_START_SECONDS = 60.0
WRONG_SETUP = 2


def run_demo() -> int:
    """Run the demo until a signal ends it; return the exit code."""
    try:
        _serve(read_environment(os.environ))
    except (ImproperlyConfigured, EmbeddedValkeyError, CommandError) as error:
        return _refuse(str(error))
    except OperationalError as error:
        return _refuse(f"DATABASE_URL: the database doesn't answer: {error}")
    return 0


def _serve(environment: Environment) -> None:
    prepare_directory(environment.directory)
    _check_port(environment.port)
    with _redis(environment) as url:
        # The worker process and Django's settings read it from here.
        os.environ["REDIS_URL"] = url
        _prepare(environment)
        _announce_when_ready(environment, url)
        _run_server(environment)
    _say("Stopped.")


def _check_port(port: int) -> None:
    """Refuse a taken port: the server itself would share it without a word."""
    with socket.socket() as probe:
        # Connections of an earlier run that still fade away don't count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ImproperlyConfigured(
                f"DEMO_PORT {port} on {HOST} can't be used ({error.strerror}); choose "
                f"another one: DEMO_PORT={_next_port(port)} make demo"
            ) from None


def _next_port(port: int) -> int:
    """Return a port that neither of this demo's two services uses."""
    return port + 2 if port + 2 <= HIGHEST_PORT else port - 2


@contextlib.contextmanager
def _redis(environment: Environment) -> Iterator[str]:
    """Yield the address of the server: REDIS_URL's, or one of the demo's own."""
    if environment.redis_url:
        _check_redis(environment.redis_url)
        yield environment.redis_url
        return
    with (
        EmbeddedValkey(environment.directory / "valkey") as valkey,
        recorded_valkey(environment.directory, valkey.url),
    ):
        yield valkey.url


def _check_redis(url: str) -> None:
    try:
        with Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except (RedisError, ValueError) as error:
        raise ImproperlyConfigured(
            f"REDIS_URL: no server answers there ({error}); correct it, or leave it "
            "out for the demo's own server."
        ) from None


def _prepare(environment: Environment) -> None:
    """Migrate, make keys and users: each does nothing where it was done before."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "demo_project.settings"
    django.setup()
    # Warnings and errors go elsewhere; that all is well needs no line.
    quiet = io.StringIO()
    call_command("jwtauth_keys", "init", stdout=quiet)
    call_command("check", stdout=quiet)
    call_command("migrate", interactive=False, verbosity=0)
    if environment.debug:
        call_command("seed_users")
    connections.close_all()


def _announce_when_ready(environment: Environment, redis_url: str) -> None:
    """Say where to click as soon as a click is answered."""

    def announce() -> None:
        deadline = time.monotonic() + LONGEST_START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection((HOST, environment.port), timeout=1).close()
                _say(welcome(environment, redis_url))
                return
            time.sleep(0.05)

    threading.Thread(target=announce, daemon=True).start()


def _run_server(environment: Environment) -> None:
    # A forked worker would hold copies of everything this process has open.
    multiprocessing.set_start_method("spawn")
    server = Granian(
        "demo_project.wsgi:application",
        address=HOST,
        port=environment.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        log_level=LogLevels.warning,
        workers_kill_timeout=5,
    )

    @server.on_startup
    def end_with_the_terminal() -> None:
        # The server takes a closed terminal for a request to reload.
        signal.signal(signal.SIGHUP, server.signal_handler_interrupt)

    server.serve()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _refuse(reason: str) -> int:
    one_line = " ".join(reason.split())
    sys.stderr.write(f"The demo can't start. {one_line}\n")
    return WRONG_SETUP
