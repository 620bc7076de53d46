"""Migrate an empty database and create one user; every mode gets a copy of it.

A program of its own, because the comparison itself doesn't load the settings of the
servers it starts: there are six at a time. Done once, because migrations and the hash
of a password take seconds. The name is the argument, the password the standard input.
"""

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import django

from demo_project.compare.servers.bound_program import run_bound


@dataclass(frozen=True, kw_only=True)
class Account:
    """The one user of a run, the same in every mode."""

    username: str = field(default_factory=lambda: f"user-{secrets.token_hex(4)}")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))


def fill_template(environment: Mapping[str, str]) -> Account:
    """Fill the database that ``environment`` names; return who can log in there.

    Raises:
        ProgramFailedError: It couldn't be filled.
    """
    account = Account()
    run_bound(
        __name__, account.username, environment=environment, text=account.password
    )
    return account


def _main() -> None:
    django.setup()
    # Models can be imported only after setup().
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", interactive=False, verbosity=0)
    User.objects.create_user(sys.argv[1], password=sys.stdin.read())


if __name__ == "__main__":
    _main()
