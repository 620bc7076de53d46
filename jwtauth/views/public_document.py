"""What the documents at well-known addresses share: the same for everybody."""

import json
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views import View

from jwtauth.conf import get_settings
from jwtauth.views.standalone import standalone


class PublicDocument(View):
    """A JSON document for caches, and for scripts of any site; asks for no user.

    A subclass says what is in it, with ``document``, and its media type.
    """

    content_type = "application/json"

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:  # noqa: ANN401 # Django's signature
        """Return the view; no transaction, so no database either."""
        return standalone(super().as_view(**initkwargs))

    def document(self, now: float) -> Mapping[str, object]:
        """Return what there is to say at ``now`` (Unix seconds).

        Raises:
            Http404: nothing, under the settings in force.
        """
        raise NotImplementedError

    def get(self, request: HttpRequest, **_captured: str) -> HttpResponseBase:
        """Return the document, or 304 to who has it; a copy dies before a key signs."""
        body = json.dumps(self.document(time.time()))
        etag = f'"{sha256(body.encode()).hexdigest()[:32]}"'
        response = HttpResponse(body, content_type=self.content_type)
        response["ETag"] = etag
        patch_cache_control(response, public=True, max_age=_lifetime())
        answer = get_conditional_response(request, etag=etag, response=response)
        return _for_any_origin(answer or response)

    def options(
        self, request: HttpRequest, *args: object, **kwargs: object
    ) -> HttpResponseBase:
        """Let scripts of other sites ask whether their copy is still good.

        ``If-None-Match`` is the one header of theirs that takes a preflight.
        """
        response = super().options(request, *args, **kwargs)
        response["Access-Control-Allow-Methods"] = "GET, HEAD"
        response["Access-Control-Allow-Headers"] = "If-None-Match"
        return _for_any_origin(response)


def _for_any_origin(response: HttpResponseBase) -> HttpResponseBase:
    """Let scripts of any site read ``response``, a 304 too; never with credentials."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = "ETag"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _lifetime() -> int:
    """Return how many seconds what names the keys may be cached.

    This process may learn of the next key one reload after it was published; every
    copy from before that must be gone when the key signs.
    """
    settings = get_settings()
    latest = settings.key_overlap - settings.key_reload_interval
    return int(min(settings.key_overlap / 2, latest).total_seconds())
