"""``token/revoke/``: end the login of a token (RFC 7009)."""

import time

from django.views.decorators.debug import sensitive_variables
from rest_framework import status
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jwtauth import transport
from jwtauth.answers import log_cause
from jwtauth.exceptions import CredentialsAmbiguous, TokenRefused
from jwtauth.flows.authenticate import verify
from jwtauth.flows.revoke import revoke_own
from jwtauth.models import RevocationReason
from jwtauth.serializers import TokenRevokeSerializer
from jwtauth.views.endpoint import Endpoint


class TokenRevokeView(Endpoint):
    """``POST token/revoke/``: any access or refresh token, stale or expired too.

    The client is a public one: whoever holds a token may end its login. Where the
    request also says who is calling, it ends logins of that user only.
    """

    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Answer 200 with nothing, whatever becomes of the token (RFC 7009 §2.2)."""
        try:
            token = _presented(request)
        except (ParseError, ValidationError):
            # RFC 6749 §5.2: the one error that a client can do something about.
            error = {"error": CredentialsAmbiguous.code}
            return Response(error, status=status.HTTP_400_BAD_REQUEST)
        now = time.time()
        try:
            revoke_own(
                token,
                caller=_caller(request, now),
                reason=RevocationReason.LOGOUT,
                now=now,
            )
        except TokenRefused as error:
            log_cause(error)
        return Response(status=status.HTTP_200_OK)


@sensitive_variables()
def _presented(request: Request) -> str:
    """Return the parameter ``token``; ``token_type_hint`` may well be wrong."""
    serializer = TokenRevokeSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    token: str = serializer.validated_data["token"]
    return token


@sensitive_variables()
def _caller(request: Request, now: float) -> str | None:
    """Return the ``sub`` of a live access token in header or cookie.

    A dead one says nothing: who logs out late must succeed. Nobody asks Redis, which
    may be down: the claim can only make the request end less.
    """
    try:
        presented = transport.presented_access_token(request._request)
        return None if presented is None else verify(presented.text, now=now).subject
    except TokenRefused:
        return None
