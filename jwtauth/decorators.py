"""What views ask of a login."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from jwtauth.answers import challenge
from jwtauth.destinations import to_login_page, to_step_up_page
from jwtauth.permissions import InsufficientAuthentication, refuse_old_login
from jwtauth.transport.caller import claims_of_user
from jwtauth.transport.navigation import wants_page

V = TypeVar("V", bound=Callable[..., Any])


def recent_authentication_required(
    max_age: timedelta | None = None,
) -> Callable[[V], V]:
    """Let a page be seen only by who has logged in recently.

    A browser whose login is too old is led to the page that asks for the password once
    more, and back; one without a login to the login page. Who asks for JSON gets a 401
    instead, the same as from ``AuthenticatedRecently``. Where other middleware has
    named the user, as by a session, that is no login of this kind.

    Args:
        max_age: how old the login may be; None for ``STEP_UP_MAX_AGE``.

    Returns:
        A decorator for views, ``async`` ones too.
    """

    def decorate(view: V) -> V:
        @wraps(view)
        def judged(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 # any view's
            return _refusal(request, max_age) or view(request, *args, **kwargs)

        @wraps(view)
        async def ajudged(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 # the same
            refusal = await sync_to_async(_refusal)(request, max_age)
            return refusal or await view(request, *args, **kwargs)

        return cast("V", ajudged if iscoroutinefunction(view) else judged)

    return decorate


def _refusal(request: HttpRequest, max_age: timedelta | None) -> HttpResponse | None:
    claims = claims_of_user(request)
    if claims is None:
        lead = to_login_page
        content: Any = {"detail": _("You are not logged in.")}
        header = challenge(request)
    else:
        try:
            refuse_old_login(claims, max_age)
        except InsufficientAuthentication as error:
            lead = to_step_up_page
            content, header = error.detail, error.auth_header
        else:
            return None
    answer: HttpResponse
    if wants_page(request):
        answer = lead(request, request.get_full_path())
    else:
        headers = {"WWW-Authenticate": header}
        answer = JsonResponse(content, status=401, headers=headers)
    add_never_cache_headers(answer)
    return answer
