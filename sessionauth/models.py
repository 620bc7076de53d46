"""``ActiveSession``: a name for permissions and log entries. Sessions live in Redis."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ActiveSession(models.Model):
    """One logged-in session, as the admin speaks of it; there is no table."""

    session_digest = models.CharField(primary_key=True, max_length=43, editable=False)

    class Meta:
        """No table: Django only keeps the name."""

        managed = False
        default_permissions = ("view",)
        permissions = (("revoke_activesession", _("Can revoke active session")),)
        verbose_name = _("active session")
        verbose_name_plural = _("active sessions")

    def __str__(self) -> str:
        """Return the digest; it logs nobody in."""
        return self.session_digest
