"""``login/``: the form by which a browser logs in."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView as DjangoLoginView
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator

from sessionauth.answers import refusal_text
from sessionauth.exceptions import LoginRefused, SessionLimitReached
from sessionauth.flows.login import login
from sessionauth.flows.remember import remember
from sessionauth.forms import LoginForm
from sessionauth.views.csrf_check import checked_form


@method_decorator(checked_form, name="dispatch")
class LoginPage(DjangoLoginView):
    """The login form: Django's, so that its backends and their add-ons keep working."""

    template_name = "sessionauth/login.html"
    authentication_form = LoginForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Log in and go where ``next`` says, if that is one of our own pages."""
        try:
            wish = self.request.POST.get("end_oldest") == "on"
            login(self.request, form.get_user(), end_oldest=wish)
        except LoginRefused as error:
            return self.refused(form, error)
        remember(self.request.session, wanted=bool(form.cleaned_data.get("remember")))
        return HttpResponseRedirect(self.get_success_url())

    def get_success_url(self) -> str:
        """Return the way on; it never leads back here, where it would go in circles."""
        target: str = super().get_success_url()
        is_here = target.partition("?")[0] == self.request.path
        return self.get_default_redirect_url() if is_here else target

    def refused(self, form: AuthenticationForm, error: LoginRefused) -> HttpResponse:
        """Show the form once more; at the limit, with a second button."""
        form.add_error(None, refusal_text(error))
        is_full = isinstance(error, SessionLimitReached)
        context = self.get_context_data(form=form, may_end_oldest=is_full)
        return self.render_to_response(context)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 # Django's signature
        """Offer no second button unless the limit was met."""
        return super().get_context_data(**{"may_end_oldest": False, **kwargs})
