"""What the JSON endpoints share."""

from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sessionauth.answers import CHALLENGE
from sessionauth.authentication import SessionAuthentication
from sessionauth.flows.time_left import time_left
from sessionauth.parsers import BodyTooLarge, JSONParser
from sessionauth.request_body import is_too_large
from sessionauth.transport import session_of
from sessionauth.views.standalone import standalone

if TYPE_CHECKING:
    from rest_framework.views import AsView, GenericView

    from sessionauth.core.record import SessionRecord


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class Endpoint(APIView):
    """JSON in, JSON out, for who is logged in; nothing is cached."""

    authentication_classes: tuple[type[BaseAuthentication], ...] = (
        SessionAuthentication,
    )
    permission_classes: tuple[type[BasePermission], ...] = (IsAuthenticated,)
    # No form can send JSON across sites without asking first (CORS preflight).
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> "AsView[GenericView]":  # noqa: ANN401 # Django's signature
        """Return the view, exempt from transactions and from the login page."""
        return standalone(super().as_view(**initkwargs))

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse a body that is too large before the CSRF check reads it as a form.

        Raises:
            BodyTooLarge: 413.
        """
        if is_too_large(request._request):
            raise BodyTooLarge
        super().initial(request, *args, **kwargs)

    def get_authenticate_header(self, request: Request) -> str:  # noqa: ARG002 # DRF's signature
        """Return the challenge; without authentication classes DRF has none."""
        return CHALLENGE

    def finalize_response(
        self,
        request: Request,
        response: Response,
        *args: object,
        **kwargs: object,
    ) -> Response:
        """Keep what is about sessions out of every cache."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        patch_vary_headers(response, ("Cookie",))
        return response


def record_in(request: Request) -> "SessionRecord":
    """Return the record that ``SessionAuthentication`` has found alive."""
    return cast("SessionRecord", request.auth)


def session_state(request: HttpRequest, user_pk: object) -> dict[str, object]:
    """Return whose session it is and in how many seconds it ends.

    Raises:
        SessionEnded: there is none.
    """
    left = time_left(session_of(request))
    return {
        "id": user_pk,
        "expires_in": left.absolute_seconds,
        "idle_expires_in": left.idle_seconds,
    }
