"""What a client is told when its request ends early: as a page or as JSON."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from sessionauth.exceptions import (
    LoginRefused,
    LoginTooOld,
    SessionLimitReached,
    StoreDown,
)

RETRY_AFTER_SECONDS = 5
CHALLENGE = 'Session realm="api"'
"""``WWW-Authenticate`` of a 401; the scheme is our own, for there is none."""


def wants_page(request: HttpRequest) -> bool:
    """Return whether a browser shows the answer; scripts and tools ask for JSON."""
    return "text/html" in request.headers.get("Accept", "")


def unavailable(request: HttpRequest) -> HttpResponse:
    """Return the answer when the store gives none: come back, you are still logged in.

    It is a new response, without the cookies and the content of what was made so far.
    """
    text = _("Sessions are not available at the moment. Try again in a few seconds.")
    response = _refusal(request, 503, text, StoreDown.code)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def login_refused(request: HttpRequest, error: LoginRefused) -> HttpResponse:
    """Return the answer to a right password where the login may not begin."""
    return _refusal(request, 403, refusal_text(error), error.code)


def refusal_text(error: LoginRefused) -> str:
    """Return what the user is told about it."""
    if isinstance(error, SessionLimitReached):
        return _("You are logged in on as many devices as allowed.")
    return _("You were logged out everywhere at this moment. Log in again.")


def unreadable(request: HttpRequest) -> HttpResponse:
    """Return the answer to a form that can't be read."""
    return _refusal(request, 400, _("The request can't be read."), "parse_error")


def too_large(request: HttpRequest) -> HttpResponse:
    """Return the answer to a body that is larger than anything that is read here."""
    return _refusal(request, 413, _("The body is too large."), "body_too_large")


def too_old_content(max_age: timedelta) -> dict[str, str | int]:
    """Return what is told where it takes a login that is younger (RFC 9470 §3).

    Args:
        max_age: how old the login may be.
    """
    return {
        "detail": _("Log in again: this takes a login that is more recent."),
        "code": LoginTooOld.code,
        "max_age": int(max_age.total_seconds()),
    }


def too_old_challenge(max_age: timedelta) -> str:
    """Return the same as a ``WWW-Authenticate`` header."""
    seconds = int(max_age.total_seconds())
    return f'{CHALLENGE}, error="{LoginTooOld.code}", max_age="{seconds}"'


def _refusal(request: HttpRequest, status: int, text: str, code: str) -> HttpResponse:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if wants_page(request):
        kind = "text/plain; charset=utf-8"
        return HttpResponse(text, status=status, content_type=kind, headers=headers)
    content = {"detail": text, "code": code}
    return JsonResponse(content, status=status, headers=headers)
