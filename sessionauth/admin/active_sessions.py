"""The pages of live sessions: a list, and a form that shows one and can end it."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import connections, transaction
from django.db.models import QuerySet
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from sessionauth.admin.acts import ACTS, Act
from sessionauth.admin.change_list import ActiveSessionChangeList
from sessionauth.admin.columns import Columns, page_of
from sessionauth.admin.list_filters import LastLoginFilter
from sessionauth.admin.outcomes import Outcome, tell
from sessionauth.admin.rights import ReadOnly, may_deactivate, may_do, may_end
from sessionauth.admin.shown import Shown, as_object, shown_by, with_users
from sessionauth.core.session_id import is_session_key
from sessionauth.flows.find_sessions import find_sessions
from sessionauth.models import ActiveSession

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    _ModelAdmin = admin.ModelAdmin[ActiveSession]
else:
    _ModelAdmin = admin.ModelAdmin


@admin.register(ActiveSession)
class ActiveSessionAdmin(ReadOnly, Columns, _ModelAdmin):
    """Read-only but for the end. What it shows comes from Redis; nothing is secret."""

    list_display = (
        "owner",
        "device",
        "address",
        "authenticated_at",
        "last_seen_at",
        "expires_at",
    )
    sortable_by = ()
    list_filter = (LastLoginFilter,)
    # A list of fields there are none of; it makes Django show the box.
    search_fields = ("session_digest",)
    search_help_text = _("User, or the session_digest that the log shows")
    show_facets = admin.ShowFacets.NEVER
    fields = readonly_fields = (
        "owner_link",
        "device",
        "address",
        "authenticated_at",
        "last_seen_at",
        "expires_at",
        "session_digest",
    )
    actions = ("end_selected", "end_all_of_users", "deactivate_users")

    def get_queryset(self, request: "HttpRequest") -> QuerySet[ActiveSession]:
        """Return nothing: there is no table."""
        return ActiveSession.objects.none()

    def get_changelist(
        self,
        request: "HttpRequest",
        **kwargs: Any,  # noqa: ANN401 # Django's signature
    ) -> type[ActiveSessionChangeList]:
        """Return the list that reads Redis."""
        return ActiveSessionChangeList

    def get_object(
        self, request: "HttpRequest", object_id: str, from_field: str | None = None
    ) -> ActiveSession | None:
        """Return a session if it is active; its history is there afterwards too."""
        if not is_session_key(object_id):  # A digest looks like an id.
            return None
        if request.resolver_match and request.resolver_match.url_name == self._name(
            "history"
        ):
            return ActiveSession(session_digest=object_id)
        found = with_users(find_sessions([object_id]))
        return as_object(found[0]) if found else None

    def has_revoke_permission(self, request: "HttpRequest") -> bool:
        """Whether the operator may end sessions."""
        return may_end(request)

    def has_deactivate_permission(self, request: "HttpRequest") -> bool:
        """Whether the operator may deactivate users too."""
        return may_end(request) and may_deactivate(self.admin_site, request)

    @admin.action(permissions=["revoke"], description=_("End selected sessions"))
    def end_selected(
        self, request: "HttpRequest", queryset: QuerySet[ActiveSession]
    ) -> "HttpResponse | None":
        """End the sessions that are ticked."""
        return self._act(request, ACTS["end"], _ticked(request))

    @admin.action(
        permissions=["revoke"],
        description=_("End all sessions of their users"),
    )
    def end_all_of_users(
        self, request: "HttpRequest", queryset: QuerySet[ActiveSession]
    ) -> "HttpResponse | None":
        """End every session of each user of whom one is ticked."""
        return self._act(request, ACTS["end_all"], _ticked(request))

    @admin.action(
        permissions=["deactivate"],
        description=_("Deactivate their users and end all sessions"),
    )
    def deactivate_users(
        self, request: "HttpRequest", queryset: QuerySet[ActiveSession]
    ) -> "HttpResponse | None":
        """Lock out each user of whom one is ticked."""
        return self._act(request, ACTS["deactivate_user"], _ticked(request))

    def get_urls(self) -> list[URLPattern]:
        """Add an address for each button of the form."""
        own = [
            path(
                f"<path:object_id>/{act.name}/",
                self.admin_site.admin_view(require_POST(self.act_view)),
                {"act": act},
                name=self._name(act.name),
            )
            for act in ACTS.values()
        ]
        patterns = [*own, *super().get_urls()]
        for pattern in patterns:
            _outside_transactions(pattern)
        return patterns

    def act_view(
        self, request: "HttpRequest", object_id: str, act: Act
    ) -> "HttpResponse":
        """Do what a button says, and come back to the list."""
        answer = self._act(request, act, [unquote(object_id)])
        return answer or redirect(page_of(self.admin_site, ActiveSession, "changelist"))

    def render_change_form(
        self,
        request: "HttpRequest",
        context: dict[str, Any],
        *args: Any,  # noqa: ANN401 # Django's signature
        **kwargs: Any,  # noqa: ANN401 # the same
    ) -> "HttpResponse":
        """Offer the buttons that this operator may press."""
        obj = context["original"]
        buttons = [
            (page_of(self.admin_site, obj, act.name), act.label)
            for act in ACTS.values()
            if may_do(self.admin_site, request, act, [shown_by(obj)])
        ]
        return super().render_change_form(
            request,
            context | {"buttons": buttons, "subtitle": str(shown_by(obj))},
            *args,
            **kwargs,
        )

    def _act(
        self, request: "HttpRequest", act: Act, handles: "Sequence[str]"
    ) -> "HttpResponse | None":
        """Ask whether the operator is sure, then do it; None when it is done."""
        selected = with_users(find_sessions(handles))
        if not may_do(self.admin_site, request, act, selected):
            raise PermissionDenied
        if selected and request.POST.get("post") != "yes":
            return self._question(request, act, selected)
        outcome = (
            act.run(selected, str(request.user.pk)) if selected else Outcome(count=0)
        )
        tell(self, request, outcome)
        return None

    def _question(
        self, request: "HttpRequest", act: Act, selected: "Sequence[Shown]"
    ) -> "HttpResponse":
        lines = [
            shown.owner if act.is_about_users else str(shown) for shown in selected
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Are you sure?"),
            "question": act.question,
            "lines": list(dict.fromkeys(lines)) if act.is_about_users else lines,
            "handles": [shown.session.handle for shown in selected],
            "action": request.POST.get("action", ""),
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "back": page_of(self.admin_site, ActiveSession, "changelist"),
        }
        request.current_app = self.admin_site.name
        template = "admin/sessionauth/activesession/confirmation.html"
        return TemplateResponse(request, template, context)

    def _name(self, of: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{of}"


def _ticked(request: "HttpRequest") -> list[str]:
    return request.POST.getlist(ACTION_CHECKBOX_NAME)


def _outside_transactions(pattern: URLPattern) -> None:
    """Exempt a view from ``ATOMIC_REQUESTS``.

    A session has ended when the page says so, and who was to be deactivated before that
    stays deactivated, whatever fails later in the request.
    """
    for alias in connections:
        transaction.non_atomic_requests(using=alias)(pattern.callback)
