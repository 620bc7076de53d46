"""``jwtauth_purge``: delete logins that are over, and complete the denylist."""

import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from jwtauth.exceptions import DenylistDown, FamiliesBusy
from jwtauth.flows.purge import purge, reconcile
from jwtauth.stores.ended_families import PAGE_ROWS

_MOST_ROWS = 10_000


class Command(BaseCommand):
    """Run it from time to time, as often as an entry may be missing."""

    help = (
        "Delete logins that have expired, and write the denylist entries that Redis "
        "has lost. Run it every few minutes; two at once do no harm."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let the size of a transaction be chosen."""
        parser.add_argument(
            "--batch",
            type=_batch,
            default=PAGE_ROWS,
            metavar="N",
            help="rows per statement and transaction (default: %(default)s)",
        )

    def handle(self, *_args: Any, batch: int, **_options: Any) -> None:  # noqa: ANN401 # Django's signature
        """Purge first, which needs no Redis; then reconcile."""
        try:
            self.stdout.write(f"{purge(batch=batch)} login(s) deleted.")
            missing = reconcile(batch=batch, now=time.time())
        except DenylistDown as error:
            raise CommandError(
                "Redis is down; the denylist may have gaps. Run it again, until then "
                f"access tokens of ended logins may count. ({error})"
            ) from error
        except FamiliesBusy as error:
            raise CommandError(
                f"The database is busy. Run it again. ({error})"
            ) from error
        self.stdout.write(f"{missing} missing denylist entry(s) written.")


def _batch(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_ROWS:
        raise ArgumentTypeError(f"a number from 1 to {_MOST_ROWS}, not {text!r}")
    return int(text)
