"""TokenFamily: one row per login, of constant size however often it is refreshed."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jwtauth.core.refresh_token import sid_text
from jwtauth.core.scope import MAX_CHARACTERS


class RevocationReason(models.TextChoices):
    """Why a login ended before its time."""

    LOGOUT = "logout", _("logged out")
    LOGOUT_ALL = "logout_all", _("logged out everywhere")
    REUSE = "reuse", _("an already used refresh token came back")
    LIMIT = "limit", _("one login too many")
    STEPPED_UP = "stepped_up", _("replaced after the password was asked again")
    PASSWORD_CHANGED = "password_changed", _("password changed")
    ACCOUNT_CHANGED = "account_changed", _("name or e-mail address changed")
    PRIVILEGES_CHANGED = "privileges_changed", _("rights changed")
    USER_DEACTIVATED = "user_deactivated", _("user deactivated")
    USER_DELETED = "user_deleted", _("user deleted")
    USER_CHANGED = "user_changed", _("user deactivated, deleted or changed")
    REVOKED = "revoked", _("ended by an operator")


class TokenFamily(models.Model):
    """The lineage of one login: every refresh token is a generation of it.

    No token can be derived from a row, nor from a row and the keys together,
    without the refresh token that came before.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    # A tombstone stays when the user goes: whose login this was remains known,
    # and its tokens stay refused.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="token_families",
        verbose_name=_("user"),
    )
    backend = models.CharField(_("authentication backend"), max_length=200)
    client_id = models.CharField(_("client"), max_length=100)
    scope = models.CharField(
        _("scope"), max_length=MAX_CHARACTERS, blank=True, default=""
    )

    generation = models.PositiveBigIntegerField(_("generation"), default=0)
    secret_hash = models.BinaryField(max_length=32)
    nonce = models.BinaryField(max_length=32)
    key_hint = models.BinaryField(max_length=2)
    context = models.BinaryField(max_length=16)
    binding = models.BinaryField(max_length=32)

    created_at = models.DateTimeField(_("logged in"))
    rotated_at = models.DateTimeField(_("last refreshed"))
    displaced_at = models.DateTimeField(null=True)
    access_until = models.DateTimeField()
    idle_expires_at = models.DateTimeField(_("expires if idle"))
    absolute_expires_at = models.DateTimeField(_("expires"), db_index=True)
    revoked_at = models.DateTimeField(_("ended"), null=True)
    revoked_reason = models.CharField(
        _("reason"), max_length=20, choices=RevocationReason, blank=True, default=""
    )
    device = models.CharField(_("device"), max_length=200, blank=True, default="")
    address = models.GenericIPAddressField(_("address"), null=True)

    class Meta:
        """Looking and revoking are two permissions of the admin."""

        verbose_name = _("token family")
        verbose_name_plural = _("token families")
        default_permissions = ("view",)
        permissions: ClassVar = [("revoke_tokenfamily", _("Can end a login"))]

    def __str__(self) -> str:
        """Name the login by its ``sid``, which is no secret."""
        return self.sid

    @property
    def sid(self) -> str:
        """The ``sid`` claim: how the login is named outside of the database."""
        return sid_text(self.pk.bytes)
