"""``account/reauth/``: the page on which a user proves once more to be there."""

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from django.views.generic import FormView

from jwtauth.answers import TOO_MANY_LOGINS, log_cause
from jwtauth.core.claims import AccessClaims
from jwtauth.destinations import to_login_page
from jwtauth.exceptions import CredentialsChanged, LoginRefused, SessionLimitReached
from jwtauth.forms import PasswordForm
from jwtauth.transport.caller import claims_of_user
from jwtauth.transport.cookies import set_cookies
from jwtauth.views.csrf_check import checked_form
from jwtauth.views.reauth import OVERTAKEN, step_up

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

    _FormView = FormView[PasswordForm]
else:
    _FormView = FormView


@method_decorator(checked_form, name="dispatch")
class ReauthPage(RedirectURLMixin, _FormView):
    """The password once more -> a younger login, new cookies, and on to ``next``."""

    template_name = "jwtauth/reauth.html"
    form_class = PasswordForm
    _claims: AccessClaims

    def dispatch(
        self,
        request: HttpRequest,
        *args: Any,  # noqa: ANN401 # Django's signature
        **kwargs: Any,  # noqa: ANN401 # the same
    ) -> HttpResponseBase:
        """Ask for the password of a login; where there is none, for a login."""
        claims = claims_of_user(request)
        if claims is None:
            return to_login_page(request, self.get_redirect_url())
        self._claims = claims
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Let the form know whose password it is."""
        own = {"request": self.request, "user": self.request.user}
        return {**super().get_form_kwargs(), **own}

    @sensitive_variables()
    def form_valid(self, form: PasswordForm) -> HttpResponse:
        """Begin a login in the place of this one; one that has ended stays so."""
        user = cast("AbstractBaseUser", form.get_user())
        try:
            tokens = step_up(self.request, user, replaces=self._claims.sid)
        except LoginRefused as error:
            return self.refused(form, error)
        rotate_token(self.request)
        response = HttpResponseRedirect(self.get_success_url())
        set_cookies(response, tokens)
        return response

    def refused(self, form: PasswordForm, error: LoginRefused) -> HttpResponse:
        """Show the form once more, or the login page where this login has ended."""
        log_cause(error)
        match error:
            case SessionLimitReached():
                form.add_error(None, TOO_MANY_LOGINS)
            case CredentialsChanged():
                form.add_error(None, form.get_invalid_login_error())
            case _:
                messages.warning(self.request, OVERTAKEN, fail_silently=True)
                return to_login_page(self.request, self.get_redirect_url())
        return self.form_invalid(form)

    def get_default_redirect_url(self) -> str:
        """Return where a browser goes without ``next``, as after a login."""
        return resolve_url(django_settings.LOGIN_REDIRECT_URL)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 # Django's signature
        """Add whose password is asked for, and where it goes on."""
        user = cast("AbstractBaseUser", self.request.user)
        return super().get_context_data(
            next=self.get_redirect_url(), username=user.get_username(), **kwargs
        )
