"""The app: registers checks and receivers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SessionAuthConfig(AppConfig):
    """Sessions in Redis, an id in an HttpOnly cookie."""

    name = "sessionauth"
    verbose_name = _("Active sessions")

    def ready(self) -> None:
        """Register what must run in every process."""
        # Importing registers the checks; both modules need the app registry.
        from sessionauth import checks, receivers  # noqa: F401, PLC0415

        receivers.connect()
