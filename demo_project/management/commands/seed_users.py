"""Make the demo's users, whose password everybody knows."""

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from demo_project.demo_users import DEMO_USERS, PASSWORD, DemoUser


class Command(BaseCommand):
    """Create whom the database lacks; leave everybody else alone."""

    help = f"Create alice, bob, carol and admin with the password {PASSWORD}."

    def handle(self, *_args: object, **_options: object) -> None:
        """Create the missing users; a changed password stays changed."""
        if not settings.DEBUG:
            raise CommandError(
                "The demo's users have a known password and exist under DEBUG only: "
                "set DEMO_DEBUG=1, or make users with manage.py createsuperuser."
            )
        created = [user.name for user in DEMO_USERS if _create_missing(user)]
        self.stdout.write(f"Created: {', '.join(created) or 'nobody, all were there'}.")


@transaction.atomic
def _create_missing(wanted: DemoUser) -> bool:
    if User.objects.filter(username=wanted.name).exists():
        return False
    user = User.objects.create_user(
        wanted.name,
        password=PASSWORD,
        is_staff=wanted.is_staff,
        is_superuser=wanted.is_superuser,
    )
    user.user_permissions.set(
        Permission.objects.filter(codename__in=wanted.permissions)
    )
    return True
