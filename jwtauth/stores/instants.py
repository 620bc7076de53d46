"""Instants of the database: aware and in UTC here, as ``USE_TZ`` has it there."""

from datetime import UTC, datetime

from django.conf import settings
from django.db import connections, router
from django.utils import timezone

from jwtauth.models import TokenFamily


def aware(instant: datetime) -> datetime:
    """Return an instant of the database in UTC, whatever ``USE_TZ`` says."""
    if timezone.is_naive(instant):
        instant = timezone.make_aware(instant)
    return instant.astimezone(UTC)


def stored(instant: datetime) -> datetime:
    """Return an instant as the database of the families takes it.

    With its zone, where the database knows zones: without one, an hour that comes
    twice when the clocks go back would be stored as the later of the two.
    """
    if settings.USE_TZ or _database_knows_zones():
        return instant
    return timezone.make_naive(instant)


def _database_knows_zones() -> bool:
    database = connections[router.db_for_write(TokenFamily)]
    return bool(database.features.supports_timezones)
