"""``logout/``: end this login, or every login of the user; as page and as JSON."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_logged_out
from django.contrib.auth.views import RedirectURLMixin, redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.views import View
from django.views.decorators.debug import sensitive_variables
from rest_framework import status
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from jwtauth import transport
from jwtauth.answers import refuse_cross_site
from jwtauth.authentication import JWTAuthentication
from jwtauth.conf import Delivery
from jwtauth.destinations import login_page
from jwtauth.exceptions import TokenMalformed
from jwtauth.flows.revoke import revoke_all, revoke_by_cookies, revoke_by_tokens
from jwtauth.models import RevocationReason
from jwtauth.serializers import LogoutSerializer
from jwtauth.stores import families
from jwtauth.transport.caller import claims_of_user
from jwtauth.transport.cookies import forget, has_credential_cookie
from jwtauth.transport.header import bearer_token, has_bearer
from jwtauth.transport.navigation import wants_page
from jwtauth.transport.request_body import UNREADABLE, is_too_large
from jwtauth.views.csrf_check import checked_logout
from jwtauth.views.endpoint import Endpoint

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from rest_framework.views import AsView, GenericView

_OF_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


@method_decorator(checked_logout, name="dispatch")
class LogoutPage(RedirectURLMixin, View):
    """What a form of a page gets: the way to another page, whoever was logged in."""

    http_method_names = ("post", "options")

    @sensitive_variables()
    def post(self, request: HttpRequest) -> HttpResponse:
        """End what the cookies are of, genuine or not, and let the browser forget them.

        A browser that brings none may be another site's doing: it keeps what it has.
        """
        response = HttpResponseRedirect(self.get_success_url())
        if has_credential_cookie(request):
            _end_cookies(request, response)
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
        chosen = django_settings.LOGOUT_REDIRECT_URL
        return resolve_url(chosen) if chosen else login_page(self.request)


class LogoutAllPage(LogoutPage):
    """The same for every login of the user; the login page for nobody."""

    @sensitive_variables()
    def post(self, request: HttpRequest) -> HttpResponse:
        """End them all, this one too."""
        # Not whoever else is request.user, as by Django's session: of that the CSRF
        # check of this page knows nothing.
        if claims_of_user(request) is not None:
            _end_all(request, request.user)
            response = HttpResponseRedirect(self.get_success_url())
            _forget(request, response)
            return response
        # Not where a logout leads to: that would say that it is done.
        response = redirect_to_login(self.get_success_url(), login_page(request))
        if has_credential_cookie(request):
            _end_cookies(request, response)
        return response


def is_form_of_a_page(request: HttpRequest) -> bool:
    """Whether a browser shows the answer, and cookies alone say who is leaving."""
    return (
        request.method == "POST"
        and transport.accepts(Delivery.COOKIE)
        and wants_page(request)
        and request.content_type in _OF_FORMS
        and not has_bearer(request)
        and (is_too_large(request) or not _brings_token(request))
    )


def _is_form_to_renew(request: HttpRequest) -> bool:
    """Whether a renewal may read the form in search of its CSRF token."""
    return not is_too_large(request) and is_form_of_a_page(request)


def _is_typed_address(request: HttpRequest) -> bool:
    """Whether a browser follows a link here: it is told what is wrong, as text."""
    return (
        request.method in {"GET", "HEAD"}
        and transport.accepts(Delivery.COOKIE)
        and wants_page(request)
    )


def _brings_token(request: HttpRequest) -> bool:
    """Whether the form holds a refresh token: some tools accept pages, too."""
    try:
        return "refresh" in request.POST
    except UNREADABLE:
        return False


class _ForBrowsers:
    """Answers a form of a page with a redirect, and everything else as before."""

    page: Callable[[HttpRequest], HttpResponseBase]

    def dispatch(
        self, request: HttpRequest, *args: object, **kwargs: object
    ) -> HttpResponseBase:
        """Choose."""
        if is_form_of_a_page(request) or _is_typed_address(request):
            return self.page(request)
        json: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc] # of the endpoint
        return json


class _TokenLogout(Endpoint):
    """End the login of a refresh or access token, or of the cookies."""

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """End it, also when the token is stale or expired; safe to repeat."""
        tokens = _presented_tokens(request)
        if tokens:
            sids = revoke_by_tokens(
                tokens, reason=RevocationReason.LOGOUT, now=time.time()
            )
            _tell_django(request._request, *map(_UserOf, sids))
            return Response(status=status.HTTP_204_NO_CONTENT)
        if transport.comes_by_cookie(request._request):
            return _end_by_cookies(request)
        # A browser without cookies is logged out already; any other client is at fault.
        if transport.accepts(Delivery.BEARER):
            raise TokenMalformed("no token came")
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogoutView(_ForBrowsers, _TokenLogout):
    """``POST logout/``: end this login, for a browser or a script."""

    page = staticmethod(LogoutPage.as_view())


class TokenBlacklistView(_TokenLogout):
    """``POST token/blacklist/``: the name that clients of other packages know."""

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Answer 200 with an empty object, as they expect."""
        response = super().post(request)
        response.status_code, response.data = status.HTTP_200_OK, {}
        return response


class LogoutAllView(_ForBrowsers, Endpoint):
    """``POST logout/all/``: end every login of the user."""

    page = staticmethod(LogoutAllPage.as_view())
    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> "AsView[GenericView]":  # noqa: ANN401 # Django's signature
        """Return the view; a form can't refresh by itself, as a script does."""
        view = super().as_view(**initkwargs)
        view.renews_in_place = _is_form_to_renew  # type: ignore[attr-defined] # our mark
        return view

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """End them all, this one too."""
        _end_all(request._request, request.user)
        response = Response(status=status.HTTP_204_NO_CONTENT)
        if transport.comes_by_cookie(request._request):
            _forget(request._request, response)
        return response


@sensitive_variables()
def _presented_tokens(request: Request) -> list[str]:
    """Return the tokens of body and header, where those count."""
    serializer = LogoutSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    if not transport.accepts(Delivery.BEARER):
        return []
    tokens = [serializer.validated_data.get("refresh"), bearer_token(request._request)]
    return [token for token in tokens if token is not None]


@sensitive_variables()
def _end_by_cookies(request: Request) -> Response:
    refuse_cross_site(request._request)
    response = Response(status=status.HTTP_204_NO_CONTENT)
    _end_cookies(request._request, response)
    return response


@sensitive_variables()
def _end_cookies(request: HttpRequest, response: HttpResponseBase) -> None:
    """End what the cookies are of, genuine or not, and let the browser forget them."""
    cookies = transport.presented_cookies(request)
    sids = revoke_by_cookies(cookies, reason=RevocationReason.LOGOUT, now=time.time())
    _tell_django(request, *map(_UserOf, sids))
    _forget(request, response)


def _forget(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let the browser forget the tokens; what its pages carried dies with them."""
    forget(response)
    # Unread, they must not greet whoever sits there next.
    list(messages.get_messages(request))
    if django_settings.CSRF_USE_SESSIONS:
        rotate_token(request)


def _end_all(request: HttpRequest, user: "AbstractBaseUser | AnonymousUser") -> None:
    revoke_all(user.pk, reason=RevocationReason.LOGOUT_ALL, now=time.time())
    _tell_django(request, user)


class _UserOf(SimpleLazyObject):  # type: ignore[type-arg] # generic in the stubs alone
    """The user of a login; read only if somebody listens who wants to know."""

    def __init__(self, sid: bytes) -> None:
        super().__init__(lambda: _user_of(sid))


def _user_of(sid: bytes) -> AbstractBaseUser | None:
    found = families.find(sid)
    return None if found is None else found.user


def _tell_django(request: HttpRequest, *users: object) -> None:
    """Send Django's ``user_logged_out``; what a receiver does changes no answer."""
    for user in users:
        user_logged_out.send_robust(get_user_model(), request=request, user=user)
