"""The endpoints, an API, and pages that every visitor but one must log in to."""

from django.contrib.auth import authenticate, login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import include, path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sessionauth.authentication import SessionAuthentication


class MeView(APIView):
    """The key, which costs nothing, and the name, which costs a query."""

    authentication_classes = (SessionAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response({"id": request.user.pk, "name": request.user.get_username()})


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.user))


@login_not_required
def follow(request: HttpRequest, link: str) -> HttpResponse:
    login(request, authenticate(request, link=link))
    return HttpResponse("in")


@login_not_required
def token(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_token(request))


urlpatterns = [
    path("auth/", include("sessionauth.urls")),
    path("api/me/", login_not_required(MeView.as_view())),
    path("page/", page),
    path("follow/<link>/", follow),
    path("token/", token),
    path("password/", PasswordChangeView.as_view(success_url="/page/")),
]
