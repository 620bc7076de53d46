"""The pages of logins: a list, and a form that shows one and offers to end it."""

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from jwtauth.admin import acts
from jwtauth.admin.form_acts import FORM_ACTS, FormAct, may_deactivate
from jwtauth.admin.list_filters import LastUseFilter, StateFilter
from jwtauth.admin.outcomes import carry_out
from jwtauth.admin.read_only import ReadOnly
from jwtauth.admin.revoking import RevokingAdmin, outside_transactions
from jwtauth.admin.states import SECRET_COLUMNS, ShowsState, with_state
from jwtauth.core.refresh_token import sid_bytes
from jwtauth.exceptions import TokenMalformed
from jwtauth.models import TokenFamily

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@admin.register(TokenFamily)
class TokenFamilyAdmin(ReadOnly, ShowsState, RevokingAdmin):
    """Read-only but for the end: what the admin could delete, it ends."""

    list_display = (
        "owner",
        "state_in_words",
        "device",
        "address",
        "client_id",
        "created_at",
        "rotated_at",
        "absolute_expires_at",
    )
    list_filter = (StateFilter, "revoked_reason", LastUseFilter)
    list_select_related = ("user",)
    # Newest first in effect, by the one column of time that has an index.
    ordering = ("-absolute_expires_at",)
    # A second count over all logins tells nobody anything.
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_help_text = _("User, start of the address, or sid")
    fields = readonly_fields = (
        "owner_link",
        "sid",
        "state_in_words",
        "device",
        "address",
        "client_id",
        "scope",
        "backend",
        "generation",
        "created_at",
        "rotated_at",
        "idle_expires_at",
        "absolute_expires_at",
        "revoked_at",
        "revoked_reason",
    )
    actions = ("end_selected",)

    def get_queryset(self, request: "HttpRequest") -> QuerySet[TokenFamily]:
        """Return logins with their state and user, without what is secret."""
        return with_state(super().get_queryset(request)).select_related("user")

    def lookup_allowed(self, lookup: str, value: str, request: "HttpRequest") -> bool:
        """Refuse secret columns: ``?secret_hash__gt=`` would spell out the digest."""
        is_secret = lookup.partition(LOOKUP_SEP)[0] in SECRET_COLUMNS
        return not is_secret and super().lookup_allowed(lookup, value, request)

    def get_search_fields(self, request: "HttpRequest") -> tuple[str, ...]:
        """Return name and e-mail, whatever the user model calls them."""
        user_model = get_user_model()
        names = (user_model.USERNAME_FIELD, user_model.get_email_field_name())
        existing = {field.name for field in user_model._meta.fields}
        return (
            *(f"user__{name}" for name in names if name in existing),
            "^address",
        )

    def get_search_results(
        self, request: "HttpRequest", queryset: QuerySet[TokenFamily], search_term: str
    ) -> tuple[QuerySet[TokenFamily], bool]:
        """Find a ``sid`` too, as logs and tokens spell it."""
        found, has_duplicates = super().get_search_results(
            request, queryset, search_term
        )
        try:
            pk = UUID(bytes=sid_bytes(search_term.strip()))
        except TokenMalformed:
            return found, has_duplicates
        return found | queryset.filter(pk=pk), has_duplicates

    @admin.display(description=_("user"), ordering="user_id")
    def owner(self, family: TokenFamily) -> str:
        """Name the user; of one who is gone the row knows the key alone."""
        if family.user is None:
            return gettext("gone (%s)") % family.user_id
        return str(family.user)

    @admin.display(description=_("user"))
    def owner_link(self, family: TokenFamily) -> str:
        """Lead to the user's page if there is one."""
        if family.user is None or not self.admin_site.is_registered(get_user_model()):
            return self.owner(family)
        return format_html(
            '<a href="{}">{}</a>', self._page(family.user), self.owner(family)
        )

    @admin.action(permissions=["revoke"], description=_("End selected logins"))
    def end_selected(
        self, request: "HttpRequest", queryset: QuerySet[TokenFamily]
    ) -> None:
        """End the logins that are ticked, or all that the filters show."""
        carry_out(
            self, request, partial(acts.end_selected, queryset, by=str(request.user.pk))
        )

    def get_urls(self) -> list[URLPattern]:
        """Add an address for each button of the form."""
        own = [
            path(
                f"<uuid:pk>/{act.name}/",
                self.admin_site.admin_view(require_POST(self.act_view)),
                {"act": act},
                name=f"{self.opts.app_label}_{self.opts.model_name}_{act.name}",
            )
            for act in FORM_ACTS
        ]
        return [*outside_transactions(own), *super().get_urls()]

    def act_view(
        self, request: "HttpRequest", pk: UUID, act: FormAct
    ) -> "HttpResponse":
        """Do what a button says, and come back to the form."""
        family = get_object_or_404(self.get_queryset(request), pk=pk)
        if act not in self._allowed_acts(request, family):
            raise PermissionDenied
        carry_out(self, request, partial(act.run, family, by=str(request.user.pk)))
        return redirect(self._page(family))

    def render_change_form(
        self,
        request: "HttpRequest",
        context: dict[str, Any],
        *args: Any,  # noqa: ANN401 # Django's signature
        **kwargs: Any,  # noqa: ANN401 # the same
    ) -> "HttpResponse":
        """Offer the buttons that this operator may press."""
        family = context["original"]
        allowed = self._allowed_acts(request, family)
        buttons = [(self._page(family, act.name), act.label) for act in allowed]
        return super().render_change_form(
            request, context | {"buttons": buttons}, *args, **kwargs
        )

    def _allowed_acts(
        self, request: "HttpRequest", family: TokenFamily
    ) -> list[FormAct]:
        """Return what is offered, which is also what is let through."""
        may_look = self.has_view_permission(request, family)
        if not (may_look and self.has_revoke_permission(request)):
            return []
        changes_user = may_deactivate(self.admin_site, request, family.user)
        return [act for act in FORM_ACTS if changes_user or not act.changes_user]

    def _page(self, of: Model, name: str = "change") -> str:
        return reverse(
            f"admin:{of._meta.app_label}_{of._meta.model_name}_{name}",
            args=[quote(of.pk)],
            current_app=self.admin_site.name,
        )
