"""``login/``: the form by which a browser logs in."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView as DjangoLoginView
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables

from jwtauth.answers import TOO_MANY_LOGINS, log_cause
from jwtauth.conf import Delivery
from jwtauth.exceptions import LoginRefused, SessionLimitReached
from jwtauth.forms import CredentialsForm
from jwtauth.transport.cookies import set_cookies
from jwtauth.views.begin_login import begin_login
from jwtauth.views.csrf_check import checked_form


@method_decorator(checked_form, name="dispatch")
class LoginPage(DjangoLoginView):
    """The login form: Django's, so that its backends and their add-ons keep working."""

    template_name = "jwtauth/login.html"
    authentication_form = CredentialsForm

    @sensitive_variables()
    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Log in by cookie and go where ``next`` says, if that is one of our pages."""
        try:
            tokens = begin_login(
                self.request,
                form.get_user(),
                Delivery.COOKIE,
                prove_again=self.prove_again,
                may_end_oldest=self.request.POST.get("end_oldest") == "on",
            )
        except LoginRefused as error:
            return self.refused(form, error)
        response = HttpResponseRedirect(self.get_success_url())
        set_cookies(response, tokens)
        return response

    def get_success_url(self) -> str:
        """Return the way on; it never leads back here, where it would go in circles."""
        target: str = super().get_success_url()
        is_here = target.partition("?")[0] == self.request.path
        return self.get_default_redirect_url() if is_here else target

    @sensitive_variables()
    def prove_again(self) -> AbstractBaseUser:
        """Return the user of the same form, as the backends prove it now.

        Raises:
            LoginRefused: they don't.
        """
        form = self.get_form()
        if not form.is_valid():
            raise LoginRefused("the credentials changed while they were being checked")
        user: AbstractBaseUser = form.get_user()
        return user

    def refused(self, form: AuthenticationForm, error: LoginRefused) -> HttpResponse:
        """Show the form once more; at the limit, with a second button."""
        log_cause(error)
        is_full = isinstance(error, SessionLimitReached)
        error_text = TOO_MANY_LOGINS if is_full else form.get_invalid_login_error()
        form.add_error(None, error_text)
        context = self.get_context_data(form=form, may_end_oldest=is_full)
        return self.render_to_response(context)
