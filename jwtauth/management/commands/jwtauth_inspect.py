"""``jwtauth_inspect TOKEN``: what it says, and for each check whether it passes."""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from jwtauth.conf import get_settings
from jwtauth.core.inspection import AccessInspection, Checks
from jwtauth.core.keys import Key
from jwtauth.core.refresh_token import sid_text
from jwtauth.exceptions import KeysUnavailable
from jwtauth.flows.inspection import (
    Kind,
    RefreshInspection,
    inspect_access,
    inspect_refresh,
    kind_of,
)
from jwtauth.management.wording import moment_in_words, state_in_words
from jwtauth.stores.families import FoundFamily
from jwtauth.stores.instants import aware

_DATES = {"exp", "nbf", "iat", "auth_time"}


class Command(BaseCommand):
    """Show a token to people; it is neither used nor changed by it."""

    help = "Show what a token says, and for each check whether it passes and why not."
    # Whoever looks for a fault must not be kept from it by another one.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the token, or where to read it from."""
        parser.add_argument(
            "token",
            help="the token; '-' reads it from standard input, which keeps it out of "
            "the shell's history and the list of processes",
        )

    def handle(self, *_args: Any, token: str, **_options: Any) -> None:  # noqa: ANN401 # Django's signature
        """Print it all, and fail if the token does not count now."""
        text = (sys.stdin.read() if token == "-" else token).strip()  # noqa: S105 # no token
        kind, now = kind_of(text), time.time()
        if not text:
            raise CommandError(
                "No token came: give one, or '-' and the token as input."
            )
        article = "a" if kind is Kind.REFRESH else "an"
        self.stdout.write(f"By its dots this would be {article} {kind}.")
        try:
            match kind:
                case Kind.ENCRYPTED if not get_settings().policy.encryption:
                    raise CommandError(
                        "What is encrypted can't be inspected: JWTAUTH['ENCRYPTION'] "
                        "is off, and such a token does not count."
                    )
                case Kind.ACCESS | Kind.ENCRYPTED:
                    checks = self._show_access(inspect_access(text, now=now), now)
                case Kind.REFRESH:
                    checks = self._show_refresh(inspect_refresh(text, now=now), now)
        except (ImproperlyConfigured, KeysUnavailable) as error:
            raise CommandError(str(error)) from None
        self._show_checks(checks)

    def _show_access(self, found: AccessInspection, now: float) -> Checks:
        if found.header is not None:
            self._show_members("Header", found.header, now)
        if found.payload is not None:
            self._show_members("Claims", found.payload, now)
        self._show_key(found.key, now)
        return found.checks

    def _show_refresh(self, found: RefreshInspection, now: float) -> Checks:
        if found.token is not None:
            members = {
                "sid": sid_text(found.token.sid),
                "generation": found.token.generation,
            }
            self._show_members("Token", members, now)
        self._show_key(found.key, now)
        if found.login is not None:
            self._show_login(found.login)
        return found.checks

    def _show_members(self, title: str, members: Mapping[str, Any], now: float) -> None:
        self.stdout.write(f"\n{title}")
        for name, value in members.items():
            line = f"  {_plain(name)[1:-1]}: {_plain(value)}"
            if name in _DATES and isinstance(value, int | float):
                line += f"  ({moment_in_words(value, now)})"
            self.stdout.write(line)

    def _show_key(self, key: Key | None, now: float) -> None:
        self.stdout.write("\nKey")
        if key is None:
            self.stdout.write("  none that is known here")
            return
        state = state_in_words(key, now)
        self.stdout.write(f"  {key.kid}  {key.alg}  {key.use}  {state}")

    def _show_login(self, login: FoundFamily) -> None:
        row, now = login.row, login.now
        dates = {
            "logged in": login.auth_time,
            "last refreshed": aware(row.rotated_at),
            "expires if idle": login.idle_expires_at,
            "expires": login.absolute_expires_at,
            "ended": aware(row.revoked_at) if row.revoked_at else None,
        }
        self.stdout.write(f"\nLogin of user {_plain(row.user_id)}")
        self.stdout.write(f"  generation: {row.generation}")
        for name, date in dates.items():
            if date is not None:
                when = moment_in_words(date.timestamp(), now.timestamp())
                self.stdout.write(f"  {name}: {when}")

    def _show_checks(self, checks: Checks) -> None:
        self.stdout.write("\nChecks")
        for check in checks.made:
            why = f": {check.why}" if check.why else ""
            self.stdout.write(f"  {check.name}: {check.verdict}{why}")
        if not checks.counts:
            raise CommandError("The token does not count now.")
        self.stdout.write("\nThe token counts now.")


def _plain(value: object) -> str:
    """Return JSON in printable ASCII: a stranger's text must not steer the terminal."""
    return json.dumps(value, default=str)
