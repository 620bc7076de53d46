"""Something to own: the demo's API reads and writes notes."""

from django.conf import settings
from django.db import models


class Note(models.Model):
    """A line of text that only its owner sees."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes"
    )
    text = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Newest first, and stable where two were made in the same instant."""

        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        """Return the text."""
        return self.text
