"""What the pages tell about a session."""

from datetime import UTC, datetime

from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.db.models import Model
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from sessionauth.admin.shown import shown_by
from sessionauth.models import ActiveSession


class Columns:
    """Mixin of a ``ModelAdmin``: one method for each thing to tell."""

    admin_site: AdminSite

    @admin.display(description=_("user"))
    def owner(self, obj: ActiveSession) -> str:
        """Name the user."""
        return shown_by(obj).owner

    @admin.display(description=_("user"))
    def owner_link(self, obj: ActiveSession) -> str:
        """Lead to the user's page if there is one."""
        shown = shown_by(obj)
        if shown.user is None or not self.admin_site.is_registered(get_user_model()):
            return shown.owner
        return format_html(
            '<a href="{}">{}</a>', page_of(self.admin_site, shown.user), shown.owner
        )

    @admin.display(description=_("device"), empty_value="-")
    def device(self, obj: ActiveSession) -> str | None:
        """Name the device that logged in."""
        return shown_by(obj).session.device or None

    @admin.display(description=_("address"), empty_value="-")
    def address(self, obj: ActiveSession) -> str | None:
        """Return the address that the login came from."""
        return shown_by(obj).session.address or None

    @admin.display(description=_("logged in"))
    def authenticated_at(self, obj: ActiveSession) -> str:
        """Return when the user logged in."""
        return _instant(shown_by(obj).session.authenticated_at_ms)

    @admin.display(description=_("last used"))
    def last_seen_at(self, obj: ActiveSession) -> str:
        """Return when the session was used last, to a minute."""
        return _instant(shown_by(obj).session.last_seen_at_ms)

    @admin.display(description=_("ends if not used"))
    def expires_at(self, obj: ActiveSession) -> str:
        """Return when the session ends if nobody uses it."""
        return _instant(shown_by(obj).session.expires_at_ms)


def page_of(site: AdminSite, of: Model | type[Model], name: str = "change") -> str:
    """Return the address of an object's page, or of one about all of its kind."""
    return reverse(
        f"admin:{of._meta.app_label}_{of._meta.model_name}_{name}",
        args=[quote(of.pk)] if isinstance(of, Model) else [],
        current_app=site.name,
    )


def _instant(ms: int) -> str:
    """Return an instant in words; on forms Django shows what is no field as it is."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return str(formats.localize(timezone.template_localtime(moment)))  # type: ignore[attr-defined] # not in the stubs
