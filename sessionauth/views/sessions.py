"""``sessions/``: where the user is logged in; end one session, or all others."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.contrib import auth
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.views.decorators.debug import sensitive_variables
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from sessionauth.core.session_id import digest
from sessionauth.flows.active_sessions import ListedSession, active_sessions
from sessionauth.flows.revoke import revoke_all, revoke_own
from sessionauth.flows.session import Reason
from sessionauth.permissions import require_recent_login
from sessionauth.transport import clear_site_data, session_of
from sessionauth.views.endpoint import Endpoint, record_in

if TYPE_CHECKING:
    from django.db.models import Model


class SessionsView(Endpoint):
    """``GET sessions/``: every active session; ``DELETE``: end all others."""

    def get(self, request: Request) -> Response:
        """List them, the one that was used last first; no secret is among it."""
        current = own_handle(request._request)
        listed = active_sessions(record_in(request).user_id or "")
        return Response([shown(row, current=current) for row in listed])

    @sensitive_variables("keep")
    def delete(self, request: Request) -> Response:
        """End every session but this one, after a recent proof of who is here."""
        require_recent_login(request)
        keep = session_of(request._request).session_key
        revoke_all(cast("Model", request.user), Reason.LOGOUT_ALL, keep=keep)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionView(Endpoint):
    """``DELETE sessions/<handle>/``: end one session of the user."""

    def delete(self, request: Request, handle: str) -> Response:
        """End it; another than this one after a recent proof of who is here."""
        if handle == own_handle(request._request):
            auth.logout(request._request)
            rotate_token(request._request)
            response = Response(status=status.HTTP_204_NO_CONTENT)
            clear_site_data(response)
            return response
        # Before the look-up, so that the answer tells nothing of handles.
        require_recent_login(request)
        if not revoke_own(record_in(request).user_id or "", handle, Reason.LOGOUT):
            raise NotFound
        return Response(status=status.HTTP_204_NO_CONTENT)


def own_handle(request: HttpRequest) -> str:
    """Return the handle of the request's own session."""
    return digest(session_of(request).session_key or "")


def shown(row: ListedSession, *, current: str) -> dict[str, Any]:
    """Return what a user may see of a session, in words that both apps use.

    Args:
        row: the session.
        current: the handle of the request's own.
    """
    return {
        "handle": row.handle,
        "device": row.device,
        "address": row.address,
        "created_at": _instant(row.authenticated_at_ms),
        "last_used_at": _instant(row.last_seen_at_ms),
        "expires_at": _instant(row.expires_at_ms),
        "current": row.handle == current,
    }


def _instant(at_ms: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)
