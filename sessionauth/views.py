"""Login and logout, each as a page and as JSON; end all sessions."""

from django.conf import settings as django_settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import LoginView as DjangoLoginView
from django.contrib.auth.views import RedirectURLMixin, redirect_to_login
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware, rotate_token
from django.shortcuts import resolve_url
from django.utils.decorators import decorator_from_middleware, method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from rest_framework import exceptions
from rest_framework.parsers import JSONParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sessionauth.authentication import SessionAuthentication
from sessionauth.conf import get_settings
from sessionauth.exceptions import LoginRefused
from sessionauth.flows.login import login
from sessionauth.flows.revoke import revoke_all
from sessionauth.flows.session import Reason
from sessionauth.serializers import LoginSerializer
from sessionauth.transport import login_refused, refusal_text, wants_page

NO_ACCOUNT = _("No active account found with the given credentials")


class _Csrf(CsrfViewMiddleware):
    """Django's check; tools are told in JSON what browsers are told as a page."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        if wants_page(request):
            page: HttpResponse = super()._reject(request, reason)  # type: ignore[misc] # not in the stubs
            return page
        return JsonResponse({"detail": f"CSRF Failed: {reason}"}, status=403)


# Exempt from the check of Django's middleware, because the inner one does the same.
_checked = (
    csrf_exempt,
    decorator_from_middleware(_Csrf),
    never_cache,
    login_not_required,
)


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


@method_decorator(_checked, name="dispatch")
class LogoutView(RedirectURLMixin, View):
    """End this session and let the browser forget its id; as a page and as JSON."""

    http_method_names = ("post", "options")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer a browser with a redirect and everything else with 204."""
        return self.end(request)

    def end(self, request: HttpRequest) -> HttpResponse:
        """Log out, also where nobody was logged in: what was asked for holds."""
        auth.logout(request)
        # The token that the pages of the session carried dies with it.
        rotate_token(request)
        if wants_page(request):
            return HttpResponseRedirect(self.get_success_url())
        return HttpResponse(status=204)

    def get_default_redirect_url(self) -> str:
        """Return where a browser goes without ``next``."""
        return resolve_url(
            django_settings.LOGOUT_REDIRECT_URL or django_settings.LOGIN_URL
        )


class LogoutAllView(LogoutView):
    """End every session of the user who asks, this one too."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer as ``LogoutView`` does; 401 or the login page for nobody."""
        if isinstance(request.user, Model):
            revoke_all(request.user, Reason.LOGOUT_ALL)
            return self.end(request)
        if wants_page(request):
            return redirect_to_login(self.get_success_url())
        return JsonResponse(
            {"detail": exceptions.NotAuthenticated.default_detail},
            status=401,
            headers={"WWW-Authenticate": SessionAuthentication.www_authenticate},
        )


class SessionView(APIView):
    """``POST``: log in with JSON; the cookie of the answer is the session."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    # No form can send JSON across sites without asking first (CORS preflight).
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)

    @sensitive_variables()
    def post(self, request: Request) -> HttpResponseBase:
        """Answer ``{"id", "expires_in"}``, or 401 whatever is wrong."""
        http_request = request._request
        _refuse_other_sites(http_request)
        credentials = LoginSerializer(data=request.data)
        credentials.is_valid(raise_exception=True)
        name, password = credentials.validated_data.values()
        form = AuthenticationForm(
            http_request, data={"username": name, "password": password}
        )
        if not form.is_valid():
            raise exceptions.AuthenticationFailed(NO_ACCOUNT)
        try:
            login(http_request, form.get_user())
        except LoginRefused as error:
            return login_refused(http_request, error)
        lifetime = get_settings().absolute_timeout
        return Response(
            {"id": form.get_user().pk, "expires_in": int(lifetime.total_seconds())},
            headers={"Cache-Control": "no-store"},
        )

    def get_authenticate_header(self, request: Request) -> str:  # noqa: ARG002 # DRF's signature
        """Return the challenge; without authentication classes DRF has none."""
        return SessionAuthentication.www_authenticate


def _refuse_other_sites(request: HttpRequest) -> None:
    """Refuse a login that another site's page started (login CSRF).

    A browser names the origin of every POST, so what names none is no browser and has
    no user to trick: tools log in without fetching a token first.

    Raises:
        PermissionDenied: 403.
    """
    check = _Csrf(lambda _: HttpResponse())
    is_foreign = request.headers.get("Sec-Fetch-Site") == "cross-site"
    if "Origin" in request.headers:
        is_foreign = not check._origin_verified(request)  # type: ignore[attr-defined] # noqa: SLF001 # Django's own rule, which is not in the stubs
    if is_foreign:
        raise exceptions.PermissionDenied(_("CSRF Failed: another site's request."))
