"""``account/reauth/``: the page on which a user proves once more to be there."""

from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator
from django.views.generic import FormView

from sessionauth.answers import refusal_text
from sessionauth.destinations import to_login_page
from sessionauth.exceptions import LoginRefused
from sessionauth.flows.login import login_again
from sessionauth.flows.step_up import is_login_of
from sessionauth.forms import PasswordForm
from sessionauth.transport import session_of
from sessionauth.views.csrf_check import checked_form


@method_decorator(checked_form, name="dispatch")
class ReauthPage(RedirectURLMixin, FormView):  # type: ignore[type-arg] # generic in the stubs only
    """The password once more -> a younger login, a new id, and on to ``next``."""

    template_name = "sessionauth/reauth.html"
    form_class = PasswordForm

    def dispatch(
        self,
        request: HttpRequest,
        *args: Any,  # noqa: ANN401 # Django's signature
        **kwargs: Any,  # noqa: ANN401 # the same
    ) -> HttpResponseBase:
        """Ask for the password of a login; where there is none, for a login."""
        if is_login_of(session_of(request), request.user):
            return super().dispatch(request, *args, **kwargs)
        return to_login_page(request, self.get_redirect_url())

    def get_form_kwargs(self) -> dict[str, Any]:
        """Let the form know whose password it is."""
        own = {"request": self.request, "user": self.request.user}
        return {**super().get_form_kwargs(), **own}

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        """Log in over this session; one that has ended meanwhile stays so."""
        try:
            login_again(self.request, form.get_user())
        except LoginRefused as error:
            text = refusal_text(error)
            messages.warning(self.request, text, fail_silently=True)
            return to_login_page(self.request, self.get_redirect_url())
        return HttpResponseRedirect(self.get_success_url())

    def get_default_redirect_url(self) -> str:
        """Return where a browser goes without ``next``, as after a login."""
        return resolve_url(django_settings.LOGIN_REDIRECT_URL)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 # Django's signature
        """Add whose password is asked for, and where it goes on."""
        user = self.request.user
        return super().get_context_data(
            next=self.get_redirect_url(), username=user.get_username(), **kwargs
        )
