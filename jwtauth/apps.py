"""Registers the system checks and the receivers."""

from django.apps import AppConfig


class JWTAuthConfig(AppConfig):
    """JWT access tokens and rotating refresh tokens."""

    name = "jwtauth"
    label = "jwtauth"
    verbose_name = "JWT authentication"
    default_auto_field = "django.db.models.BigAutoField"
    # So that nobody else logs what failed at our URLs.
    logs_failed_logins = True

    def ready(self) -> None:
        """Register what must hold before the first request, and what to listen to."""
        import jwtauth.checks  # noqa: F401, PLC0415 # registers on import, once apps are there
        from jwtauth import receivers  # noqa: PLC0415 # needs models

        receivers.connect()
