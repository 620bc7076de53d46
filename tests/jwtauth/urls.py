"""URLs for the tests of cookies and pages: what the demo mounts, and pages."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jwtauth.authentication import JWTAuthentication
from jwtauth.transport.cookies import delete_cookies
from tests.urls import urlpatterns as mounted


class MeView(APIView):
    """Reads and writes; shows itself to browsers as a page, too."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)
    renderer_classes = (JSONRenderer, BrowsableAPIRenderer)

    def get(self, request: Request) -> Response:
        return Response({"id": request.user.pk})

    def post(self, request: Request) -> Response:
        """Change what the body says of the caller."""
        for name, value in request.data.items():
            setattr(request.user, name, value)
        if request.data:
            request.user.save()
        return self.get(request)


def plain(request: HttpRequest) -> HttpResponse:
    """A page that does not ask who is calling."""
    return HttpResponse("plain")


def page(request: HttpRequest) -> HttpResponse:
    """A page that names the caller, and what a form said."""
    return HttpResponse(f"{request.user} {request.POST.get('text', '')}".strip())


async def async_page(request: HttpRequest) -> HttpResponse:
    user = await request.auser()
    return HttpResponse(str(user))


@login_required
def private(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.user))


def hush(request: HttpRequest) -> HttpResponse:
    """A view that takes every error for an anonymous caller."""
    try:
        name = str(request.user)
    except Exception:  # noqa: BLE001
        name = "anonymous"
    return HttpResponse(name)


def rolled_back(request: HttpRequest) -> HttpResponse:
    """A change of the caller that does not come about."""
    with transaction.atomic():
        request.user.email = "other@example.com"
        request.user.save()
        transaction.set_rollback(True)
    return HttpResponse("no")


def twice(request: HttpRequest) -> HttpResponse:
    """Two changes of the caller, one after the other."""
    request.user.email = "other@example.com"
    request.user.save()
    request.user.set_password("what the caller says")
    request.user.save()
    return HttpResponse("both")


def overtaken(request: HttpRequest) -> HttpResponse:
    """A change of the caller that somebody else's follows."""
    request.user.email = "other@example.com"
    request.user.save()
    other = User.objects.get(pk=request.user.pk)
    other.set_password("what the administrator says")
    other.save()
    return HttpResponse("too late")


def leaving(request: HttpRequest) -> HttpResponse:
    """A change of the caller, and a logout."""
    request.user.email = "other@example.com"
    request.user.save()
    response = HttpResponse("bye")
    delete_cookies(response)
    return response


def leave(request: HttpRequest) -> HttpResponse:
    """A page of the project's own that logs this browser out."""
    response = HttpResponse("gone")
    delete_cookies(response)
    return response


urlpatterns = [
    path("leave/", leave),
    path("rolled-back/", rolled_back),
    path("overtaken/", overtaken),
    path("twice/", twice),
    path("leaving/", leaving),
    path("me/", MeView.as_view()),
    path("plain/", plain),
    path("page/", page),
    path("exempt/", csrf_exempt(page)),
    path("async/", async_page),
    path("private/", private),
    path("hush/", hush),
    path("password/", PasswordChangeView.as_view(success_url="/page/")),
    *mounted,
]
