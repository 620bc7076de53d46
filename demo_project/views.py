"""The demo's API and its home page; the same views serve both schemes.

``demo_project.mounts`` hands each view its scheme as an argument of ``as_view()``,
so nothing here asks how the caller was authenticated.
"""

from django.conf import settings
from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.vary import vary_on_cookie
from django.views.generic import TemplateView
from rest_framework import generics
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from demo_project.models import Note
from demo_project.schemes import SCHEMES
from demo_project.serializers import NoteSerializer
from demo_project.worlds import worlds_of
from jwtauth.conf import get_settings


class PublicView(APIView):
    """The yardstick of the comparison: ``MeView`` without authentication."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    scheme = ""

    def get(self, _request: Request) -> Response:
        """Answer anybody."""
        return Response({"id": None, "scheme": self.scheme})


class MeView(APIView):
    """Who is calling, by which scheme; costs nothing but the authentication."""

    permission_classes = (IsAuthenticated,)
    scheme = ""

    def get(self, request: Request) -> Response:
        """Answer with the caller's primary key."""
        return Response({"id": request.user.pk, "scheme": self.scheme})


class NotesView(generics.ListCreateAPIView[Note]):
    """The caller's own notes."""

    permission_classes = (IsAuthenticated,)
    serializer_class = NoteSerializer

    def get_queryset(self) -> QuerySet[Note]:
        """Return nothing but the caller's own."""
        return Note.objects.filter(owner_id=self.request.user.pk)

    def perform_create(self, serializer: BaseSerializer[Note]) -> None:
        """Make the caller the owner, whatever the body says."""
        serializer.save(owner_id=self.request.user.pk)


@method_decorator([never_cache, vary_on_cookie], name="dispatch")
class HomeView(TemplateView):
    """Which scheme is on, who is logged in to each, and where to go from here."""

    template_name = "demo/home.html"
    scheme = SCHEMES["jwt"]

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """Add both schemes, the second service, and what the curl lines call."""
        second = next(iter(get_settings().policy.other_audiences), None)
        return super().get_context_data(
            worlds=worlds_of(self.request, chosen=self.scheme),
            chosen=self.scheme,
            second_service=second,
            base=self.request.build_absolute_uri("/").rstrip("/"),
            shows_passwords=settings.DEBUG,
            **kwargs,
        )
