"""URLs for these tests: ours, an API and pages that use the session."""

from datetime import timedelta

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.decorators import method_decorator
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sessionauth.authentication import SessionAuthentication
from sessionauth.decorators import (
    not_user_activity,
    recent_authentication_required,
)
from sessionauth.permissions import AuthenticatedRecently


class MeView(APIView):
    authentication_classes = (SessionAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response({"id": request.user.pk})

    post = get


class OpenView(MeView):
    permission_classes = (AllowAny,)


class NameView(MeView):
    """Needs the user's row."""

    def get(self, request: Request) -> Response:
        return Response({"name": request.user.get_username()})


class BrowsableView(MeView):
    """Shows itself, and the user, as a page."""

    renderer_classes = (BrowsableAPIRenderer,)


def plain(request: HttpRequest) -> HttpResponse:
    """A page that does not care about sessions."""
    return HttpResponse("plain")


@login_not_required
def put(request: HttpRequest) -> HttpResponse:
    """Keep every query parameter in the session."""
    request.session.update(request.GET.dict())
    return HttpResponse("kept")


def look(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.session.get("colour", "nothing"))


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.user))


def hush(request: HttpRequest) -> HttpResponse:
    """A view that takes every error for an empty session."""
    try:
        name = str(request.user)
    except Exception:  # noqa: BLE001
        name = "anonymous"
    response = HttpResponse(name)
    response.set_cookie("__Host-sessionid", "overwritten", secure=True)
    return response


def renewing(request: HttpRequest) -> HttpResponse:
    """A view that uses the session, and hands out what another app has renewed."""
    response = hush(request)
    response.set_cookie("refresh", "renewed", httponly=True)
    response.delete_cookie("access")
    return response


@login_not_required
def say(request: HttpRequest) -> HttpResponse:
    messages.info(request, "Welcome to the shop.")
    return HttpResponse("said")


def crash(request: HttpRequest) -> HttpResponse:
    request.session["colour"] = "half"
    raise RuntimeError


class PayoutView(MeView):
    """Needs a login of the last five minutes; any view's default without it."""

    permission_classes = (AuthenticatedRecently,)
    max_authentication_age: timedelta | None = timedelta(minutes=5)


@method_decorator(not_user_activity, name="dispatch")
class PollView(OpenView):
    """Asked by pages, not by persons; keeps what it is told."""

    def get(self, request: Request) -> Response:
        request._request.session.update(request.query_params.dict())
        return Response({})


@not_user_activity
async def apoll(request: HttpRequest) -> HttpResponse:
    await request.session.aget("colour")
    return HttpResponse("no news")


@recent_authentication_required(timedelta(minutes=5))
def vault(request: HttpRequest) -> HttpResponse:
    return HttpResponse("gold")


@recent_authentication_required()
async def avault(request: HttpRequest) -> HttpResponse:
    return HttpResponse("silver")


def silent_password(request: HttpRequest) -> HttpResponse:
    """Change the password, and don't tell the session."""
    user = get_user_model().objects.get(pk=request.user.pk)
    user.set_password("another one")
    user.save()
    return HttpResponse("changed")


def deactivate(request: HttpRequest) -> HttpResponse:
    request.user.is_active = False
    request.user.save()
    return HttpResponse("gone")


urlpatterns = [
    path("auth/", include("sessionauth.urls")),
    path("second/", include("sessionauth.urls", namespace="second")),
    path("api/me/", MeView.as_view()),
    path("api/open/", OpenView.as_view()),
    path("api/name/", NameView.as_view()),
    path("api/payout/", PayoutView.as_view()),
    path("api/recent/", PayoutView.as_view(max_authentication_age=None)),
    path("api/browsable/", BrowsableView.as_view()),
    path("api/poll/", PollView.as_view()),
    path("apoll/", apoll),
    path("plain/", plain),
    path("vault/", vault),
    path("avault/", avault),
    path("put/", put),
    path("say/", say),
    path("look/", look),
    path("page/", page),
    path("hush/", hush),
    path("renewing/", renewing),
    path("crash/", crash),
    path("password/", PasswordChangeView.as_view(success_url="/page/")),
    path(
        "reset/<uidb64>/<token>/",
        PasswordResetConfirmView.as_view(success_url="/page/"),
        name="reset",
    ),
    path(
        "reset-and-in/<uidb64>/<token>/",
        PasswordResetConfirmView.as_view(
            success_url="/page/",
            post_reset_login=True,
            post_reset_login_backend="django.contrib.auth.backends.ModelBackend",
        ),
        name="reset-and-in",
    ),
    path("silent-password/", silent_password),
    path("deactivate/", deactivate),
    path("admin/", admin.site.urls),
]
