"""Django's own CSRF check, for requests that a cookie authenticates."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from jwtauth.transport.request_body import UNREADABLE


class _Check(CsrfViewMiddleware):
    """Gives the reason instead of a page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:  # noqa: ARG002 # Django's signature
        return reason


def csrf_fault(request: HttpRequest) -> str | None:
    """Return why another site may have sent this; None if that can't be.

    A safe method is never at fault: it changes nothing. A request that Django's
    middleware has passed is not judged again.
    """
    check = _Check(lambda _request: HttpResponse())
    check.process_request(request)
    try:
        fault = check.process_view(request, _view, (), {})
    except UNREADABLE:
        return "the form can't be read"
    return None if fault is None else str(fault)


def _view(_request: HttpRequest) -> HttpResponse:
    """Stand in for the view: DRF's views are exempt from Django's own check."""
    return HttpResponse()
