"""``logout/``: end this session, or every session of the user; as page and as JSON."""

from django.conf import settings as django_settings
from django.contrib import auth, messages
from django.contrib.auth.views import RedirectURLMixin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated

from sessionauth.answers import CHALLENGE, wants_page
from sessionauth.destinations import login_url, to_login_page
from sessionauth.flows.revoke import revoke_all
from sessionauth.flows.session import Reason
from sessionauth.transport import clear_site_data
from sessionauth.views.csrf_check import checked_form


@method_decorator(checked_form, name="dispatch")
class LogoutView(RedirectURLMixin, View):
    """End this session and let the browser forget its id."""

    http_method_names = ("post", "options")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer a browser with a redirect and everything else with 204."""
        return self.end(request)

    def end(self, request: HttpRequest) -> HttpResponse:
        """Log out, also where nobody was logged in: what was asked for holds."""
        if request.user.is_authenticated:
            # Unread, they must not greet whoever sits there next. What receivers of
            # the logout add comes after, and is kept.
            list(messages.get_messages(request))
        auth.logout(request)
        # The token that the pages of the session carried dies with it.
        rotate_token(request)
        response = HttpResponse(status=204)
        if wants_page(request):
            response = HttpResponseRedirect(self.get_success_url())
        clear_site_data(response)
        return response

    def http_method_not_allowed(
        self, request: HttpRequest, *args: object, **kwargs: object
    ) -> HttpResponse:
        """Answer 405 with a word to who typed the address."""
        response = super().http_method_not_allowed(request, *args, **kwargs)
        response.content = str(MethodNotAllowed(str(request.method)).detail).encode()
        response["Content-Type"] = "text/plain; charset=utf-8"
        return response

    def get_default_redirect_url(self) -> str:
        """Return where a browser goes without ``next``."""
        if django_settings.LOGOUT_REDIRECT_URL:
            return resolve_url(django_settings.LOGOUT_REDIRECT_URL)
        return login_url(self.request)


class LogoutAllView(LogoutView):
    """End every session of the user who asks, this one too."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer as ``LogoutView`` does; 401 or the login page for nobody."""
        if isinstance(request.user, Model):
            # This one last: who is told to try again must still be somebody.
            # Its id in no variable: error reports show those.
            revoke_all(
                request.user, Reason.LOGOUT_ALL, keep=request.session.session_key
            )
            return self.end(request)
        if wants_page(request):
            return to_login_page(request, self.get_redirect_url())
        return JsonResponse(
            {"detail": NotAuthenticated.default_detail},
            status=401,
            headers={"WWW-Authenticate": CHALLENGE},
        )
