"""``session/``: log in with JSON."""

from django.contrib.auth.forms import AuthenticationForm
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from sessionauth.answers import login_refused
from sessionauth.exceptions import LoginRefused
from sessionauth.flows.login import login
from sessionauth.serializers import CredentialsSerializer
from sessionauth.views.csrf_check import refuse_other_sites
from sessionauth.views.endpoint import Endpoint, session_state

NO_ACCOUNT = _("No active account found with the given credentials")


class CurrentSessionView(Endpoint):
    """``POST``: log in with JSON; the cookie of the answer is the session."""

    authentication_classes = ()
    permission_classes = ()

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
