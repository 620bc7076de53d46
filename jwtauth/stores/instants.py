"""Instants of the database: aware and in UTC here, as ``USE_TZ`` has it there."""

from datetime import UTC, datetime

from django.conf import settings
from django.utils import timezone


def aware(instant: datetime) -> datetime:
    """Return an instant of the database in UTC, whatever ``USE_TZ`` says."""
    if timezone.is_naive(instant):
        instant = timezone.make_aware(instant)
    return instant.astimezone(UTC)


def stored(instant: datetime) -> datetime:
    """Return an instant as the database takes it."""
    return instant if settings.USE_TZ else timezone.make_naive(instant)
