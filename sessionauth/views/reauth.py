"""``reauth/``: the user proves once more to be there (step-up)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from django.contrib.auth import get_user_model
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from sessionauth.answers import login_refused
from sessionauth.exceptions import LoginRefused
from sessionauth.flows.login import login_again
from sessionauth.forms import PasswordForm
from sessionauth.serializers import CredentialsSerializer
from sessionauth.views.endpoint import Endpoint, session_state

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


class NotConfirmed(PermissionDenied):
    """403, whatever was wrong: nobody is logged out by a mistyped password."""

    def __init__(self) -> None:
        """Fill in the body, of the same shape as a refusal's."""
        detail = _("That is not the right password.")
        super().__init__({"detail": detail, "code": "not_confirmed"})


class ReauthView(Endpoint):
    """``POST reauth/``: the password once more -> a younger login, a new id."""

    @sensitive_variables()
    def post(self, request: Request) -> HttpResponseBase:
        """Log in over this session; the answer is that of a login."""
        user = _prove_again(request)
        try:
            login_again(request._request, user)
        except LoginRefused as error:
            return login_refused(request._request, error)
        return Response(session_state(request._request, user.pk))


@sensitive_variables()
def _prove_again(request: Request) -> "AbstractBaseUser":
    """Return the caller, as the authentication backends have proved it.

    Raises:
        NotConfirmed: 403; nobody was proved, or somebody else.
    """
    body = dict(request.data.items()) if isinstance(request.data, Mapping) else {}
    user = cast("AbstractBaseUser", request.user)
    field = get_user_model().USERNAME_FIELD
    given = CredentialsSerializer(data={**body, field: user.get_username()})
    given.is_valid(raise_exception=True)
    data = {"password": given.validated_data["password"]}
    form = PasswordForm(user, request._request, data=data)
    if not form.is_valid():
        raise NotConfirmed
    return cast("AbstractBaseUser", form.get_user())
