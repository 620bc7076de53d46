"""One view, each scheme's way in and one without; the endpoints that refresh."""

from django.urls import include, path
from knox.auth import TokenAuthentication
from rest_framework import authentication
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt import authentication as simplejwt
from rest_framework_simplejwt.views import TokenRefreshView

from benchmarks import floor
from jwtauth.authentication import JWTAuthentication
from sessionauth.authentication import SessionAuthentication


class Ping(APIView):
    """Answer, and say nothing of the caller."""

    authentication_classes: tuple[type[BaseAuthentication], ...] = ()
    permission_classes: tuple[type[BasePermission], ...] = ()
    renderer_classes = (JSONRenderer,)

    def get(self, _request: Request) -> Response:
        """Return as little as there can be."""
        return Response({"pong": True})


class Name(Ping):
    """Answer with the caller's name: that needs the user's row."""

    def get(self, request: Request) -> Response:
        """Return the name."""
        return Response({"name": request.user.get_username()})


def _guarded(scheme: type[BaseAuthentication]) -> dict[str, object]:
    return {
        "authentication_classes": (scheme,),
        "permission_classes": (IsAuthenticated,),
    }


urlpatterns = [
    path("public/", Ping.as_view()),
    path("jwt/", Ping.as_view(**_guarded(JWTAuthentication))),
    path("jwt/", include("jwtauth.urls")),
    path("session/", Ping.as_view(**_guarded(SessionAuthentication))),
    path("session/row/", Name.as_view(**_guarded(SessionAuthentication))),
    path(
        "session/django/",
        Name.as_view(**_guarded(authentication.SessionAuthentication)),
    ),
    path("simplejwt/", Ping.as_view(**_guarded(simplejwt.JWTAuthentication))),
    path(
        "simplejwt/stateless/",
        Ping.as_view(**_guarded(simplejwt.JWTStatelessUserAuthentication)),
    ),
    path("simplejwt/refresh/", TokenRefreshView.as_view()),
    path("floor/refresh/", floor.Refresh.as_view()),
    path("knox/", Ping.as_view(**_guarded(TokenAuthentication))),
]
