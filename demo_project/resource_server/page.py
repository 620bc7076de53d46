"""The second service's page: who is calling, and which keys prove it.

It has the status of the API, so that a refusal is one for machines, too.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import cast

from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jwtauth.authentication import JWTAuthentication
from jwtauth.conf import JWKSAddress, get_settings
from jwtauth.core.claims import AccessClaims
from jwtauth.exceptions import KeysUnavailable
from jwtauth.stores import key_source, remote_keys


@method_decorator(never_cache, name="dispatch")
class HomeView(APIView):
    """``GET /``: for who brings an access token, by cookie or header, and who doesn't.

    A browser brings the issuer's cookies here because both are on 127.0.0.1.
    """

    authentication_classes = (JWTAuthentication,)
    permission_classes = (AllowAny,)
    renderer_classes = (TemplateHTMLRenderer,)
    template_name = "resource_server/home.html"

    def get(self, request: Request) -> Response:
        """Show the caller and the keys."""
        return Response(
            _shown(caller=_in_words(cast("AccessClaims | None", request.auth)))
        )

    def handle_exception(self, exc: Exception) -> Response:
        """Show that the token was refused, or can't be judged now; never why."""
        refusal = super().handle_exception(exc)
        outcomes = {
            status.HTTP_401_UNAUTHORIZED: "is_refused",
            status.HTTP_503_SERVICE_UNAVAILABLE: "is_unknown",
        }
        if refusal.status_code not in outcomes:
            return refusal
        return Response(
            _shown(**{outcomes[refusal.status_code]: True}),
            status=refusal.status_code,
            headers=refusal.headers,
        )


def _shown(**caller: object) -> dict[str, object]:
    settings = get_settings()
    return {
        **caller,
        "issuer": settings.policy.issuer,
        "here": settings.policy.audience,
        "keys_address": cast("JWKSAddress", settings.keys).url,
        "interval": int(settings.key_reload_interval.total_seconds()),
        "keys": _known_keys(),
        "age": _span(remote_keys.age_of_keys()),
    }


def _known_keys() -> list[dict[str, str]]:
    """Return name and algorithm of each key; the first to ask lets them be fetched."""
    try:
        ring = key_source.key_ring(time.time())
    except KeysUnavailable:
        return []
    return [{"kid": key.kid, "alg": key.alg} for key in ring]


def _in_words(claims: AccessClaims | None) -> dict[str, object] | None:
    if claims is None:
        return None
    left = timedelta(seconds=claims.expires_at - time.time())
    return {
        "subject": claims.subject,
        "scope": claims.scope,
        "client_id": claims.client_id,
        "issuer": claims.issuer,
        "audience": claims.audience,
        "logged_in_at": datetime.fromtimestamp(claims.auth_time, UTC),
        "expires_at": datetime.fromtimestamp(claims.expires_at, UTC),
        "expires_in": _span(left),
    }


def _span(duration: timedelta | None) -> str:
    """Return a duration as it is read: "14 min 5 s"; "" for none."""
    if duration is None:
        return ""
    hours, rest = divmod(max(0, int(duration.total_seconds())), 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
