"""``DATABASE_URL`` -> one entry of Django's ``DATABASES``.

The address follows libpq: https://www.postgresql.org/docs/current/libpq-connect.html
(section 32.1.1.2). Every part may be percent-encoded, and a Unix socket directory
stands in ``?host=/run/postgresql`` or, percent-encoded, in the place of the host.
"""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

Database = dict[str, Any]

_SHAPE = "postgresql://user:password@host:port/name"


def sqlite_database(path: Path) -> Database:
    """Return the entry for a SQLite file."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            # A deferred transaction that reads first and writes later can't wait for
            # another writer: SQLite answers "database is locked" at once.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL",
        },
    }


def postgresql_database(url: str) -> Database:
    """Return the entry for a ``postgres://`` or ``postgresql://`` address.

    Raises:
        ImproperlyConfigured: The address is another one. The message doesn't repeat
            it, because it may hold a password.
    """
    try:
        return _parse(url)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"DATABASE_URL {error}; write it as {_SHAPE}, or leave it out for SQLite."
        ) from None


def _parse(url: str) -> Database:
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError(f"starts with {parts.scheme!r}")
    options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    # By hand, because urlsplit() lower-cases host names, and a socket directory that
    # stands in the host's place may have capitals.
    credentials, _, address = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    host, port = _split_port(address)
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise ValueError("names no database")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": options.pop("user", unquote(user)),
        "PASSWORD": options.pop("password", unquote(password)),
        "HOST": options.pop("host", unquote(host)),
        "PORT": options.pop("port", port),
        "OPTIONS": options,
        # A new connection for each request would cost more than all else in it. One
        # that the server dropped is noticed and replaced.
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _split_port(address: str) -> tuple[str, str]:
    """Split ``host:port``, where an IPv6 host stands in brackets."""
    host, bracket, rest = address.rpartition("]")
    if bracket:
        return host.removeprefix("["), _checked_port(rest.removeprefix(":"))
    host, _, port = address.partition(":")
    return host, _checked_port(port)


def _checked_port(port: str) -> str:
    if port and not (port.isascii() and port.isdigit()):
        raise ValueError("has a port that is no number")
    return port
