"""The demo as a Django app: its notes, its commands, its style sheet."""

from django.apps import AppConfig


class DemoProjectConfig(AppConfig):
    """Name the demo's app; its label stands in the database and stays."""

    name = "demo_project"
    label = "demo_project"
    verbose_name = "Demo"
    default_auto_field = "django.db.models.BigAutoField"
