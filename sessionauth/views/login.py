"""``login/``: the form by which a browser logs in."""

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import LoginView as DjangoLoginView
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator

from sessionauth.answers import refusal_text
from sessionauth.exceptions import LoginRefused
from sessionauth.flows.login import login
from sessionauth.views.csrf_check import checked_form


@method_decorator(checked_form, name="dispatch")
class LoginPage(DjangoLoginView):
    """The login form: Django's, so that its backends and their add-ons keep working."""

    template_name = "sessionauth/login.html"

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Log in and go where ``next`` says, if that is one of our own pages."""
        try:
            login(self.request, form.get_user())
        except LoginRefused as error:
            self.request.user = AnonymousUser()
            form.add_error(None, refusal_text(error))
            return self.form_invalid(form)
        return HttpResponseRedirect(self.get_success_url())
