"""Migrate an empty database and create two users; every mode gets a copy of it.

A program of its own, because the comparison itself doesn't load the settings of the
servers it starts: there are six at a time. Done once, because migrations and the hash
of a password take seconds. The names are the arguments, the password the standard
input.
"""

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import django

from demo_project.compare.servers.bound_program import run_bound


def _new_name() -> str:
    return f"user-{secrets.token_hex(4)}"


@dataclass(frozen=True, kw_only=True)
class Account:
    """Who can log in, the same in every mode: two users with one password."""

    username: str = field(default_factory=_new_name)
    """Whose password has a quick hash, for all that is not about the hash."""
    hashed_username: str = field(default_factory=_new_name)
    """Whose password was hashed as Django does by default."""
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))


def fill_template(environment: Mapping[str, str]) -> Account:
    """Fill the database that ``environment`` names; return who can log in there.

    Raises:
        ProgramFailedError: It couldn't be filled.
    """
    account = Account()
    run_bound(
        __name__,
        account.username,
        account.hashed_username,
        environment=environment,
        text=account.password,
    )
    return account


def _main() -> None:
    django.setup()
    # Models can be imported only after setup().
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    # The comparison itself, which imports this module, has no use for it.
    from demo_project.compare.counting.timed_hasher import (  # noqa: PLC0415
        QUICK_ITERATIONS,
        TimedHasher,
    )

    call_command("migrate", interactive=False, verbosity=0)
    password = sys.stdin.read()
    hasher = TimedHasher()
    quick = hasher.encode(password, hasher.salt(), QUICK_ITERATIONS)
    User.objects.create(username=sys.argv[1], password=quick)
    User.objects.create_user(sys.argv[2], password=password)


if __name__ == "__main__":
    _main()
