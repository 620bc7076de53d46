"""Whole requests in process: middleware, view and rendering, no server, no socket."""

from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.test import RequestFactory
from rest_framework.response import Response
from rest_framework.status import HTTP_200_OK

from benchmarks.comparison import Call
from benchmarks.credentials import Headers


class InProcess:
    """Answers requests as a worker would."""

    def __init__(self) -> None:
        """Load the middleware, once, as a worker does."""
        self._handler = BaseHandler()
        self._handler.load_middleware()
        self._factory = RequestFactory()

    def getter(self, path: str, headers: Headers) -> Call:
        """Return a call that GETs ``path``."""
        return lambda: self._answer(self._factory.get(path, headers=headers))

    def refresher(self, path: str, refresh_token: str) -> Call:
        """Return a call that refreshes each time with what came the time before."""
        token = refresh_token

        def refresh() -> None:
            nonlocal token
            body = {"refresh": token}
            request = self._factory.post(path, body, content_type="application/json")
            token = self._answer(request).data["refresh"]

        return refresh

    def _answer(self, request: HttpRequest) -> Response:
        response = self._handler.get_response(request)
        if not isinstance(response, Response) or response.status_code != HTTP_200_OK:
            raise RuntimeError(f"{request.path} answered {response.status_code}")
        response.close()
        return response
