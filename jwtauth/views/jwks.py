"""``.well-known/jwks.json``: the public keys (RFC 7517 §5)."""

import json
import time
from hashlib import sha256

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.decorators import method_decorator
from django.views import View

from jwtauth.conf import get_settings
from jwtauth.core.jwk_set import jwks
from jwtauth.stores import key_source


@method_decorator(login_not_required, name="dispatch")
class JWKSView(View):
    """``GET .well-known/jwks.json``: the public keys (RFC 7517 §5)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the JWK Set; a cached copy dies before a new key signs."""
        body = json.dumps(jwks(key_source.key_ring(now := time.time()), now))
        etag = f'"{sha256(body.encode()).hexdigest()[:32]}"'
        response = HttpResponse(body, content_type="application/jwk-set+json")
        response["ETag"] = etag
        response["Access-Control-Allow-Origin"] = "*"
        patch_cache_control(response, public=True, max_age=_jwks_lifetime())
        return (
            get_conditional_response(request, etag=etag, response=response) or response
        )


def _jwks_lifetime() -> int:
    """Return how many seconds a JWK Set may be cached.

    This process may learn of the next key one reload after it was published; every
    copy from before that must be gone when the key signs.
    """
    settings = get_settings()
    latest = settings.key_overlap - settings.key_reload_interval
    return int(min(settings.key_overlap / 2, latest).total_seconds())
