"""Lines of one request belong together, and say who sent it: an id and a user.

django-guid does the first for a project that has it; this is all there is to it.
"""

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject, empty

HEADER = "X-Request-ID"

# Of a proxy in front, or of anybody: it stands in the log as it came.
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")

_current: ContextVar[HttpRequest | None] = ContextVar("current_request", default=None)
_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def request_log(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Name each request; the first middleware, so that all others are in it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        came = request.headers.get(HEADER, "")
        request_id = came if _ID.fullmatch(came) else uuid.uuid4().hex
        tokens = _id.set(request_id), _current.set(request)
        try:
            response = get_response(request)
        finally:
            _id.reset(tokens[0])
            _current.reset(tokens[1])
        response.headers[HEADER] = request_id
        return response

    return middleware


class RequestFilter(logging.Filter):
    """Adds ``request_id`` and ``actor`` to every record; keeps them all."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Complete a record; one outside of any request gets nothing."""
        record.request_id = _id.get()
        record.actor = _actor(_current.get())
        return True


def _actor(request: HttpRequest | None) -> str | None:
    """Return who is known to act, without asking: a line of the log costs no query."""
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject) and vars(user).get("_wrapped") is empty:
        return None
    pk = getattr(user, "pk", None)
    return None if pk is None else str(pk)
