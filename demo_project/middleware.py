"""Middleware that looks at paths: what counts where in the demo."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware

from jwtauth.middleware import JWTAuthenticationMiddleware


class JWTPrefixMiddleware(JWTAuthenticationMiddleware):
    """The cookies of the jwt scheme, only where the demo mounts that scheme."""

    def applies(self, request: HttpRequest) -> bool:
        """Whether the path is one of the jwt scheme."""
        chosen = ("/auth/", "/api/") if settings.AUTH_SCHEME == "jwt" else ()
        return request.path_info.startswith(("/jwt/", *chosen))


class LanguageMiddleware(LocaleMiddleware):
    """The browser's language, but not for what is the same in every language."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Leave the public keys to caches: ``Vary`` would have them kept many times."""
        if request.path_info.startswith("/.well-known/"):
            return response
        return super().process_response(request, response)
