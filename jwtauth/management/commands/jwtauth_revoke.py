"""End logins from the command line: all of one user, or everybody's."""

import time
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import router
from django.db.models import Model

from jwtauth.exceptions import DenylistDown, StoreDown
from jwtauth.flows.revoke import revoke_all
from jwtauth.flows.revoke_everybody import revoke_everybody
from jwtauth.models import RevocationReason


class Command(BaseCommand):
    """``manage.py jwtauth_revoke --user NAME_OR_PK | --all [--reason REASON]``."""

    help = "End all logins of one user, or everybody's."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take exactly one of the two, and why."""
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--user", help="user name, or else primary key")
        who.add_argument("--all", action="store_true", help="everybody's")
        parser.add_argument(
            "--reason",
            choices=RevocationReason.values,
            default=RevocationReason.REVOKED.value,
            help="what goes on record (default: %(default)s)",
        )

    def handle(self, *_args: str, **options: Any) -> None:  # noqa: ANN401 # Django's signature
        """Revoke and say how many ended."""
        reason = RevocationReason(options["reason"])
        try:
            if options["all"]:
                ended = revoke_everybody(reason=reason, now=time.time())
            else:
                user = _user(options["user"])
                ended = revoke_all(user.pk, reason=reason, now=time.time())
        except DenylistDown as error:
            raise CommandError(
                "The logins have ended, but their access tokens may count until they "
                f"expire. Run jwtauth_purge when Redis is back. ({error})"
            ) from error
        except StoreDown as error:
            raise CommandError(
                f"The database is busy; logins may be left. Run it again. ({error})"
            ) from error
        self.stdout.write(f"{ended} login(s) ended.")


def _user(name: str) -> Model:
    model = get_user_model()
    # A replica may not know of a user who has just been made.
    users = model._default_manager.db_manager(router.db_for_write(model))
    try:
        return users.get_by_natural_key(name)
    except model.DoesNotExist:
        pass
    try:
        return users.get(pk=name)
    except (model.DoesNotExist, ValueError, ValidationError):
        raise CommandError(f"There is no user {name!r}.") from None
