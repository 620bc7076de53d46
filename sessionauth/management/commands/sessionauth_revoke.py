"""Sessions from the command line: end a user's or everybody's, or list them anew."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model

from sessionauth.exceptions import StoreDown
from sessionauth.flows.reindex import reindex
from sessionauth.flows.revoke import revoke_all, revoke_everybody

REASON = "command"


class Command(BaseCommand):
    """``manage.py sessionauth_revoke --user NAME | --all | --reindex``."""

    help = "End all sessions of one user, or everybody's, or rebuild the indexes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take exactly one of the three."""
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--user", help="user name, or else primary key")
        who.add_argument("--all", action="store_true", help="everybody's")
        who.add_argument(
            "--reindex",
            action="store_true",
            help="end nobody's, but list the sessions that the indexes have lost",
        )

    def handle(self, *_args: str, **options: Any) -> None:  # noqa: ANN401 # Django's signature
        """Do it and say how many sessions that concerned."""
        try:
            self.stdout.write(_said(options))
        except StoreDown as error:
            raise CommandError(
                f"The store is down; sessions may be left. Run it again. ({error})"
            ) from error


def _said(options: dict[str, Any]) -> str:
    if options["reindex"]:
        return f"{reindex()} session(s) listed that were missing."
    if options["all"]:
        return f"{revoke_everybody()} session(s) ended."
    return f"{revoke_all(_user(options['user']), REASON)} session(s) ended."


def _user(name: str) -> Model:
    users = get_user_model()._default_manager
    try:
        return users.get_by_natural_key(name)
    except users.model.DoesNotExist:
        pass
    try:
        return users.get(pk=name)
    except (users.model.DoesNotExist, ValueError, ValidationError):
        raise CommandError(f"There is no user {name!r}.") from None
