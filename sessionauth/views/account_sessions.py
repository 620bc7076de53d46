"""``account/sessions/``: the page that shows where a user is logged in, and ends it."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from sessionauth.core.device import browser_and_system
from sessionauth.destinations import to_login_page, to_step_up_page
from sessionauth.exceptions import LoginTooOld
from sessionauth.flows.active_sessions import active_sessions
from sessionauth.flows.revoke import revoke_all, revoke_own, user_id_of
from sessionauth.flows.session import Reason
from sessionauth.flows.step_up import is_login_of, refuse_old_login
from sessionauth.transport import session_of
from sessionauth.views.csrf_check import checked_form
from sessionauth.views.logout import LogoutView
from sessionauth.views.sessions import own_handle, shown

if TYPE_CHECKING:
    from django.db.models import Model

_OTHERS = "others"
_CONFIRMED = "confirmed"
"""In the query: who comes back from the step-up page has not ended anything yet."""


@method_decorator(checked_form, name="dispatch")
class AccountSessionsPage(TemplateView):
    """``GET``: every active session of the user; ``POST``: end one, or all others."""

    template_name = "sessionauth/account_sessions.html"

    def dispatch(
        self,
        request: HttpRequest,
        *args: Any,  # noqa: ANN401 # Django's signature
        **kwargs: Any,  # noqa: ANN401 # the same
    ) -> HttpResponseBase:
        """Show nobody's sessions but the user's whose session this is."""
        if is_login_of(session_of(request), request.user):
            return super().dispatch(request, *args, **kwargs)
        return to_login_page(request, request.path)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 # Django's signature
        """Add the sessions, this one first; none of it is a secret."""
        current = own_handle(self.request)
        listed = active_sessions(user_id_of(self._user))
        logins = [_with_words(shown(row, current=current)) for row in listed]
        logins.sort(key=lambda login: not login["current"])
        has_others = any(not login["current"] for login in logins)
        # An id that is used after its renewal ends no session, so none was lost by it.
        return super().get_context_data(
            logins=logins,
            has_others=has_others,
            lost_copies=[],
            confirmed=_CONFIRMED in self.request.GET,
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """End what ``end`` names; the answer does not tell whether there was such."""
        end = request.POST.get("end", "")
        if end == own_handle(request):
            return LogoutView.as_view()(request)
        try:
            refuse_old_login(session_of(request), user_id_of(self._user))
        except LoginTooOld:
            return to_step_up_page(request, f"{request.path}?{_CONFIRMED}")
        messages.success(request, self._end(end), fail_silently=True)
        return HttpResponseRedirect(request.path)

    def _end(self, end: str) -> str:
        """Do it, and return what the user is told."""
        if end == _OTHERS:
            # Its id in no variable: error reports show those.
            revoke_all(
                self._user,
                Reason.LOGOUT_ALL,
                keep=session_of(self.request).session_key,
            )
            return _("All other logins were ended.")
        revoke_own(user_id_of(self._user), end, Reason.LOGOUT)
        return _("The login was ended.")

    @property
    def _user(self) -> "Model":
        return cast("Model", self.request.user)


def _with_words(login: dict[str, Any]) -> dict[str, Any]:
    """Add the browser and the system apart, to be said in the user's language."""
    browser, system = browser_and_system(login["device"])
    return {**login, "browser": browser, "system": system}
