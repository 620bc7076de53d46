"""The demo's environment variables, read once into one typed value.

Nothing else in the demo reads the environment. An empty variable counts as unset, so
that ``AUTH_SCHEME= make demo`` does what it looks like.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

CHECKOUT = Path(__file__).resolve().parent.parent
SCHEME_NAMES = ("jwt", "session")
OUR_VARIABLES = ("REDIS_URL", "DATABASE_URL", "AUTH_SCHEME", "DEMO_", "PG")
"""How the names begin of all that is read here, and by PostgreSQL's client library."""
REVOCATIONS = ("denylist", "refresh_only")
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
HIGHEST_PORT = 65534
"""Of the demo: the one above it belongs to the demo's second service."""

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What the person who starts the demo may choose."""

    auth_scheme: str
    port: int
    directory: Path
    redis_url: str | None
    database_url: str | None
    debug: bool
    hosts: tuple[str, ...]
    secure_cookies: bool
    counting: bool
    resource_server: bool
    revocation: str
    user_row: bool

    @property
    def address(self) -> str:
        """Where the demo listens; it is the issuer of its tokens, too."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def second_address(self) -> str:
        """Where the second service listens; it is its name in ``aud``, too."""
        return f"http://127.0.0.1:{self.second_port}"

    @property
    def second_port(self) -> int:
        """The port of the second service."""
        return self.port + 1


def without_ours(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those of the demo: another demo is to start."""
    return {
        name: value
        for name, value in variables.items()
        if not name.startswith(OUR_VARIABLES)
    }


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Return the demo's choices from ``variables``, usually ``os.environ``.

    Raises:
        ImproperlyConfigured: A variable has a value the demo can't use; the message
            is one line that names the variable and the cure.
    """
    given = {name: value for name, value in variables.items() if value}
    environment = Environment(
        auth_scheme=_parsed(given, "AUTH_SCHEME", "jwt", _scheme),
        port=_parsed(given, "DEMO_PORT", "8000", _port),
        directory=Path(given.get("DEMO_DIR", CHECKOUT / ".demo")).absolute(),
        redis_url=given.get("REDIS_URL"),
        database_url=given.get("DATABASE_URL"),
        debug=_parsed(given, "DEMO_DEBUG", "1", _switch),
        hosts=_parsed(given, "DEMO_HOSTS", ",".join(LOOPBACK_HOSTS), _hosts),
        secure_cookies=_parsed(given, "DEMO_SECURE_COOKIES", "1", _switch),
        counting=_parsed(given, "DEMO_COUNTING", "0", _switch),
        resource_server=_parsed(given, "DEMO_RESOURCE_SERVER", "1", _switch),
        revocation=_parsed(given, "DEMO_REVOCATION", "denylist", _revocation),
        user_row=_parsed(given, "DEMO_USER_ROW", "0", _switch),
    )
    _refuse_debug_in_public(environment)
    return environment


def _parsed(
    given: Mapping[str, str], name: str, default: str, parse: Callable[[str], _T]
) -> _T:
    value = given.get(name, default)
    try:
        return parse(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}: {error}") from None


def _scheme(value: str) -> str:
    if value not in SCHEME_NAMES:
        raise ValueError('set it to "jwt" or "session".')
    return value


def _revocation(value: str) -> str:
    if value not in REVOCATIONS:
        raise ValueError('set it to "denylist" or "refresh_only".')
    return value


def _port(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= HIGHEST_PORT):
        raise ValueError(
            f"set it to a port number from 1 to {HIGHEST_PORT}; the second service "
            "takes the next one."
        )
    return int(value)


def _switch(value: str) -> bool:
    if value not in {"0", "1"}:
        raise ValueError("set it to 1 (on) or 0 (off).")
    return value == "1"


def _hosts(value: str) -> tuple[str, ...]:
    return tuple(host.strip() for host in value.split(",") if host.strip())


def _refuse_debug_in_public(environment: Environment) -> None:
    """Refuse DEBUG, its error pages and known passwords, for anything but loopback."""
    foreign = sorted(set(environment.hosts) - set(LOOPBACK_HOSTS))
    if environment.counting and foreign:
        raise ImproperlyConfigured(
            f"DEMO_HOSTS names {', '.join(foreign)} while DEMO_COUNTING is 1: whoever "
            "asks is told what requests cost inside, so leave one of the two out."
        )
    if environment.debug and foreign:
        raise ImproperlyConfigured(
            f"DEMO_HOSTS names {', '.join(foreign)} while DEBUG is on: its users have "
            "known passwords, so set DEMO_DEBUG=0 or leave DEMO_HOSTS out."
        )
    if environment.debug or environment.secure_cookies:
        return
    raise ImproperlyConfigured(
        "DEMO_SECURE_COOKIES is 0 while DEBUG is off: cookies without Secure are for "
        "the demo on this machine only; leave one of the two out."
    )
