"""``session/``: log in with JSON; see how long the session lasts."""

from typing import TYPE_CHECKING

from django.contrib.auth.forms import AuthenticationForm
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from sessionauth.answers import login_refused
from sessionauth.decorators import not_user_activity
from sessionauth.exceptions import LoginRefused, SessionEnded
from sessionauth.flows.login import login
from sessionauth.serializers import CredentialsSerializer
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
        credentials = CredentialsSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        name, password = credentials.validated_data.values()
        form = AuthenticationForm(
            http_request, data={"username": name, "password": password}
        )
        if not form.is_valid():
            raise AuthenticationFailed(NO_ACCOUNT)
        try:
            login(http_request, form.get_user())
        except LoginRefused as error:
            return login_refused(http_request, error)
        return Response(session_state(http_request, form.get_user().pk))
