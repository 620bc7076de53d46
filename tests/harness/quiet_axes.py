"""django-axes, installed for the tests that turn it on, and out of the way of others.

Its tables must be there from the start; its checks would ask every test's settings for
the backend and the middleware.
"""

from django.apps import AppConfig


class QuietAxes(AppConfig):
    """Without its system checks; the tests' settings have ``AXES_ENABLED`` off."""

    name = "axes"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Connect its receivers, which look at ``AXES_ENABLED`` at each signal."""
        import axes.conf  # noqa: PLC0415 # no app is ready before
        import axes.signals  # noqa: F401, PLC0415 # the same
