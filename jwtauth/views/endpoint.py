"""What the endpoints share, and the two ways in which they hand out tokens."""

from typing import TYPE_CHECKING, Any, cast

from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jwtauth.answers import (
    REFUSAL,
    TokenNotValid,
    challenge,
    log_and_answer,
)
from jwtauth.conf import Delivery
from jwtauth.core.claims import AccessClaims
from jwtauth.core.issued_tokens import IssuedTokens
from jwtauth.exceptions import JWTAuthError
from jwtauth.parsers import PARSERS, BodyTooLarge
from jwtauth.transport.cookies import set_cookies
from jwtauth.transport.request_body import is_too_large
from jwtauth.views.standalone import standalone

if TYPE_CHECKING:
    from rest_framework.views import AsView, GenericView


@method_decorator(
    sensitive_post_parameters("password", "refresh", "token"), name="dispatch"
)
class Endpoint(APIView):
    """What all endpoints share: no transaction of the request, nothing cached.

    A transaction around the request would roll back the very revocation that a
    401 reports; so these views run outside of ``ATOMIC_REQUESTS``.
    """

    authentication_classes: tuple[type[BaseAuthentication], ...] = ()
    permission_classes: tuple[type[BasePermission], ...] = ()
    parser_classes = PARSERS
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

    def get_authenticate_header(self, request: Request) -> str:
        """Return the challenge; without one DRF turns a 401 into a 403."""
        return challenge(request)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer errors of this package as DRF answers its own."""
        if isinstance(exc, JWTAuthError):
            exc = log_and_answer(exc)
        response = super().handle_exception(exc)
        if isinstance(exc, TokenNotValid):
            # The refused token may have come in the body.
            response["WWW-Authenticate"] = REFUSAL
        return response

    def finalize_response(
        self, request: Request, response: Response, *args: object, **kwargs: object
    ) -> Response:
        """Keep tokens, and errors about them, out of every cache (RFC 6749 §5.1)."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def claims_in(request: Request) -> AccessClaims:
    """Return the claims that ``JWTAuthentication`` has verified."""
    return cast("AccessClaims", request.auth)


def delivered(tokens: IssuedTokens, delivery: Delivery) -> Response:
    """Return the answer that hands ``tokens`` over: in its body, or in cookies."""
    about: dict[str, int | str] = {
        "expires_in": tokens.expires_in,
        "refresh_expires_in": tokens.refresh_expires_in,
    }
    if tokens.scope is not None:
        # It may be less than was asked for (RFC 6749 §5.1).
        about["scope"] = tokens.scope
    if delivery is Delivery.COOKIE:
        response = Response(about)
        set_cookies(response, tokens)
        return response
    return Response(
        {
            "access": tokens.access_token,
            "refresh": tokens.refresh_token,
            "token_type": "Bearer",
            **about,
        }
    )
