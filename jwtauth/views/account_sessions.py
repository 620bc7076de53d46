"""``account/sessions/``: the page that shows where a user is logged in, and ends it."""

import time
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from jwtauth.core.claims import AccessClaims
from jwtauth.core.device import browser_and_system, device_label
from jwtauth.core.refresh_token import sid_bytes
from jwtauth.destinations import to_login_page, to_step_up_page
from jwtauth.flows.end_own import end_own
from jwtauth.flows.revoke import revoke_all
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.permissions import InsufficientAuthentication, refuse_old_login
from jwtauth.stores import active_families, ended_families
from jwtauth.stores.instants import aware
from jwtauth.transport.caller import claims_of_user
from jwtauth.views.csrf_check import checked_form
from jwtauth.views.logout import LogoutPage
from jwtauth.views.sessions import shown

WARN_FOR = timedelta(days=30)
"""How long the page tells of a login that ended because an old copy was used."""

_OTHERS = "others"
_CONFIRMED = "confirmed"
"""In the query: who comes back from the step-up page has not ended anything yet."""


@method_decorator(checked_form, name="dispatch")
class AccountSessionsPage(TemplateView):
    """``GET``: every active login of the user; ``POST``: end one, or all others."""

    template_name = "jwtauth/account_sessions.html"
    _claims: AccessClaims

    def dispatch(
        self,
        request: HttpRequest,
        *args: Any,  # noqa: ANN401 # Django's signature
        **kwargs: Any,  # noqa: ANN401 # the same
    ) -> HttpResponseBase:
        """Show nobody's logins but the user's whose token this is."""
        claims = claims_of_user(request)
        if claims is None:
            return to_login_page(request, request.path)
        self._claims = claims
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 # Django's signature
        """Add the logins, this one first; none of it is a secret."""
        user_id = self.request.user.pk
        rows = active_families.listed(user_id)
        logins = [_with_words(shown(row, current=self._claims.sid)) for row in rows]
        logins.sort(key=lambda login: not login["current"])
        lost = ended_families.reused(user_id, within=WARN_FOR)
        return super().get_context_data(
            logins=logins,
            has_others=any(not login["current"] for login in logins),
            lost_copies=[_lost(row) for row in lost],
            confirmed=_CONFIRMED in self.request.GET,
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """End what ``end`` names; the answer does not tell whether there was such."""
        end = request.POST.get("end", "")
        if end == self._claims.sid:
            return LogoutPage.as_view()(request)
        try:
            refuse_old_login(self._claims)
        except InsufficientAuthentication:
            return to_step_up_page(request, f"{request.path}?{_CONFIRMED}")
        messages.success(request, self._end(end), fail_silently=True)
        return HttpResponseRedirect(request.path)

    def _end(self, end: str) -> str:
        """Do it, and return what the user is told."""
        user_id, now = self.request.user.pk, time.time()
        if end == _OTHERS:
            keep, reason = sid_bytes(self._claims.sid), RevocationReason.LOGOUT_ALL
            revoke_all(user_id, reason=reason, now=now, keep=keep)
            return _("All other logins were ended.")
        end_own(user_id, end, now=now)
        return _("The login was ended.")


def _with_words(login: dict[str, Any]) -> dict[str, Any]:
    """Add the browser and the system apart, to be said in the user's language."""
    browser, system = browser_and_system(login["device"])
    return {**login, "browser": browser, "system": system}


def _lost(row: TokenFamily) -> dict[str, Any]:
    return {
        "device": device_label(row.device),
        "address": row.address,
        "ended_at": row.revoked_at and aware(row.revoked_at),
    }
