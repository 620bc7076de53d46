"""``sessions/``: where the user is logged in; end one login, or all others."""

import time
from typing import Any

from django.views.decorators.debug import sensitive_variables
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from jwtauth import transport
from jwtauth.authentication import JWTAuthentication
from jwtauth.core.device import device_label
from jwtauth.core.refresh_token import sid_bytes
from jwtauth.flows.end_own import end_own
from jwtauth.flows.revoke import revoke_all
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.permissions import refuse_old_login
from jwtauth.stores import active_families
from jwtauth.stores.instants import aware
from jwtauth.transport.cookies import forget
from jwtauth.views.endpoint import Endpoint, claims_in


class SessionsView(Endpoint):
    """``GET sessions/``: every active login; ``DELETE``: end all others."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        """List them, the one that was used last first; no secret is among it."""
        rows = active_families.listed(request.user.pk)
        return Response([shown(row, current=claims_in(request).sid) for row in rows])

    @sensitive_variables()
    def delete(self, request: Request) -> Response:
        """End every login but this one, after a recent proof of who is here."""
        refuse_old_login(claims_in(request))
        revoke_all(
            request.user.pk,
            reason=RevocationReason.LOGOUT_ALL,
            now=time.time(),
            keep=sid_bytes(claims_in(request).sid),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionView(Endpoint):
    """``DELETE sessions/<handle>/``: end one login of the user."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)

    @sensitive_variables()
    def delete(self, request: Request, handle: str) -> Response:
        """End it; another than this one after a recent proof of who is here."""
        is_current = handle == claims_in(request).sid
        if not is_current:
            # Before the look-up, so that the answer tells nothing of handles.
            refuse_old_login(claims_in(request))
        if not end_own(request.user.pk, handle, now=time.time()):
            raise NotFound
        response = Response(status=status.HTTP_204_NO_CONTENT)
        if is_current and transport.comes_by_cookie(request._request):
            forget(response)
        return response


def shown(row: TokenFamily, *, current: str) -> dict[str, Any]:
    """Return what is told of a login, on the page as in JSON.

    Args:
        row: the login.
        current: the ``sid`` of the one that asks.
    """
    return {
        "handle": row.sid,
        "device": device_label(row.device),
        "address": row.address,
        "created_at": aware(row.created_at),
        "last_used_at": aware(row.rotated_at),
        "expires_at": aware(row.idle_expires_at),
        "current": row.sid == current,
    }
