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
from sessionauth.conf import get_settings
from sessionauth.core.timeouts import deadline_ms, idle_end_ms
from sessionauth.exceptions import SessionEnded
from sessionauth.parsers import JSONParser
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
        patch_vary_headers(response, ("Cookie",))
        return response


def record_in(request: Request) -> "SessionRecord":
    """Return the record that ``SessionAuthentication`` has found alive."""
    return cast("SessionRecord", request.auth)


def session_state(request: HttpRequest, user_pk: object) -> dict[str, object]:
    """Return whose session it is and the seconds until it ends: if idle, in any case.

    Raises:
        SessionEnded: there is none.
    """
    live = session_of(request)
    if live.record is None:
        raise SessionEnded
    policy = get_settings().timeouts
    ends = {
        "expires_in": deadline_ms(live.record, policy),
        "idle_expires_in": idle_end_ms(live.record, policy, live.now_ms),
    }
    seconds = {name: max(0, at - live.now_ms) // 1000 for name, at in ends.items()}
    return {"id": user_pk, **seconds}
