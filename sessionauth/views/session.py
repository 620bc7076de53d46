"""``session/``: log in with JSON; see how long the session lasts."""

from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from sessionauth.answers import login_refused, refusal_text
from sessionauth.decorators import not_user_activity
from sessionauth.exceptions import LoginRefused, SessionEnded, SessionLimitReached
from sessionauth.flows.login import login
from sessionauth.flows.remember import remember
from sessionauth.forms import CredentialsForm
from sessionauth.serializers import LoginSerializer
from sessionauth.transport import session_of
from sessionauth.views.csrf_check import refuse_other_sites
from sessionauth.views.endpoint import Endpoint, session_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rest_framework.permissions import _SupportsHasPermission

NO_ACCOUNT = _("No active account found with the given credentials")


@method_decorator(not_user_activity, name="dispatch")
class CurrentSessionView(Endpoint):
    """``POST``: log in with JSON; the cookie of the answer is the session.

    ``GET``: how long it lasts. Asking is no use of it: a page may ask for ever, and
    its session ends all the same.
    """

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Let everybody log in, whatever session their browser still has."""
        return [] if self.request.method == "POST" else super().get_authenticators()

    def get_permissions(self) -> "Sequence[_SupportsHasPermission]":
        """Ask for a login where it is not a login."""
        return [] if self.request.method == "POST" else super().get_permissions()

    def get(self, request: Request) -> Response:
        """Answer what the login answered, as it is now."""
        try:
            return Response(session_state(request._request, request.user.pk))
        except SessionEnded:
            raise NotAuthenticated from None

    @sensitive_variables()
    def post(self, request: Request) -> HttpResponseBase:
        """Answer whose session it is and when it ends, or 401 whatever is wrong."""
        http_request = request._request
        refuse_other_sites(http_request)
        # Asking how long it lasts is no use of a session; logging in to it is one.
        session_of(http_request).counts_as_activity = True
        body = LoginSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        name = given[get_user_model().USERNAME_FIELD]
        form = CredentialsForm(
            http_request, data={"username": name, "password": given["password"]}
        )
        if not form.is_valid():
            raise AuthenticationFailed(NO_ACCOUNT)
        try:
            login(http_request, form.get_user(), end_oldest=given["end_oldest"])
        except SessionLimitReached as error:
            return Response(_with_offer(error), status=status.HTTP_403_FORBIDDEN)
        except LoginRefused as error:
            return login_refused(http_request, error)
        remember(http_request.session, wanted=given["remember"])
        return Response(session_state(http_request, form.get_user().pk))


def _with_offer(error: SessionLimitReached) -> dict[str, object]:
    """Return what is told, and what to add to the same body for another outcome."""
    return {
        "detail": refusal_text(error),
        "code": error.code,
        "retry_with": {"end_oldest": True},
    }
