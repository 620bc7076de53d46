"""The second service's API: who is calling, and what only some may read.

Nothing here looks anybody up: ``request.auth`` holds what the access token says.
"""

import time
from typing import cast

from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from demo_project.resource_server.status import status_of
from demo_project.scopes import READ_REPORTS
from jwtauth.authentication import JWTAuthentication
from jwtauth.conf import get_settings
from jwtauth.core.claims import AccessClaims
from jwtauth.permissions import HasScope

_REPORTS = ("Logins by week", "Requests by hour")


@method_decorator(never_cache, name="dispatch")
class WhoAmIView(APIView):
    """``GET api/whoami/``: what the access token says of its caller."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        """Answer with the claims; ``expires_in`` is in seconds."""
        claims = cast("AccessClaims", request.auth)
        return Response(_in_words(claims, now=time.time()))


def _in_words(claims: AccessClaims, *, now: float) -> dict[str, object]:
    return {
        "sub": claims.subject,
        "scope": claims.scope,
        "client_id": claims.client_id,
        "issuer": claims.issuer,
        "audience": list(claims.audience),
        "auth_time": int(claims.auth_time),
        "expires_in": max(0, int(claims.expires_at - now)),
    }


@method_decorator(never_cache, name="dispatch")
class ReportsView(APIView):
    """``GET api/reports/``: for tokens with the scope ``reports:read``."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (HasScope,)
    required_scopes = (READ_REPORTS,)

    def get(self, _request: Request) -> Response:
        """Answer with the reports that there are."""
        return Response({"reports": list(_REPORTS)})


class StatusView(APIView):
    """``GET status/``: which service this is, for anybody."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, _request: Request) -> Response:
        """Answer with whose tokens are taken, and under which name."""
        policy = get_settings().policy
        return Response(status_of(issuer=policy.issuer, audience=policy.audience))
