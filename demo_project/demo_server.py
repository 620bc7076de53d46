"""Start everything the demo needs, serve it, and say where to click."""

import contextlib
import io
import os
import socket
import threading
from collections.abc import Callable, Iterator

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections
from redis import Redis, RedisError

from demo_project.directory import prepare_directory, recorded_valkey
from demo_project.embedded_valkey import EmbeddedValkey, EmbeddedValkeyError
from demo_project.ending import leave_if_asked
from demo_project.environment import HIGHEST_PORT, Environment, read_environment
from demo_project.ports import HOST, claim_port, wait_until_it_answers
from demo_project.resource_server.beside_the_demo import (
    fault_of_second_port,
    second_service,
)
from demo_project.terminal import refuse, say
from demo_project.web_server import run_web_server
from demo_project.welcome import welcome


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
    with (
        _claim_ports(environment),
        _redis(environment) as url,
        second_service(environment) as second,
    ):
        # The worker process and Django's settings read it from here.
        os.environ["REDIS_URL"] = url
        _prepare(environment)
        leave_if_asked()
        _announce_when_ready(environment, url, second)
        run_web_server("demo_project.wsgi:application", environment.port)
    say("Stopped.")


def _claim_ports(environment: Environment) -> socket.socket:
    """Hold the demo's port, and make sure of the second service's."""
    port = environment.port
    try:
        claim = claim_port(port)
    except OSError as error:
        why = f" on {HOST} can't be used ({error.strerror})"
        raise _unusable_port(port, why) from None
    fault = fault_of_second_port(environment)
    if fault is not None:
        claim.close()
        raise _unusable_port(
            port,
            f": the second service takes the next one, and {environment.second_port} "
            f"on {HOST} can't be used ({fault})",
        )
    return claim


def _unusable_port(port: int, why: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"DEMO_PORT {port}{why}; choose another one: "
        f"DEMO_PORT={_next_port(port)} make demo"
    )


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


def _announce_when_ready(
    environment: Environment, redis_url: str, second: Callable[[], str]
) -> None:
    """Say where to click as soon as a click is answered."""

    def announce() -> None:
        if wait_until_it_answers(environment.port):
            say(welcome(environment, redis_url, second()))

    threading.Thread(target=announce, daemon=True).start()


def _refuse(reason: str) -> int:
    return refuse("The demo", reason)
