"""The endpoints, and an API that says who is calling."""

from django.urls import include, path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jwtauth.authentication import JWTAuthentication


class MeView(APIView):
    """The key, which costs nothing, and the name, which costs a query."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response({"id": request.user.pk, "name": request.user.get_username()})


urlpatterns = [
    path("jwt/auth/", include("jwtauth.urls")),
    path("jwt/api/me/", MeView.as_view()),
]
