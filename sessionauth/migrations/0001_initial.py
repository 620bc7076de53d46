"""The state of the unmanaged model; no database operation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """State only."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ActiveSession",
            fields=[
                (
                    "session_digest",
                    models.CharField(
                        editable=False,
                        max_length=43,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "verbose_name": "active session",
                "verbose_name_plural": "active sessions",
                "permissions": (
                    ("revoke_activesession", "Can revoke active session"),
                ),
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
    ]
