"""The cookies of the jwt scheme, only where the demo mounts that scheme."""

from django.conf import settings
from django.http import HttpRequest

from jwtauth.middleware import JWTAuthenticationMiddleware


class JWTPrefixMiddleware(JWTAuthenticationMiddleware):
    """Leaves the paths of the session scheme to sessions."""

    def applies(self, request: HttpRequest) -> bool:
        """Whether the path is one of the jwt scheme."""
        chosen = ("/auth/", "/api/") if settings.AUTH_SCHEME == "jwt" else ()
        return request.path_info.startswith(("/jwt/", *chosen))
