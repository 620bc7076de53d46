"""What views ask of a session, and what they are to it."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from sessionauth.answers import (
    CHALLENGE,
    too_old_challenge,
    too_old_content,
    wants_page,
)
from sessionauth.destinations import to_login_page, to_step_up_page
from sessionauth.exceptions import LoginTooOld
from sessionauth.flows.revoke import user_id_of
from sessionauth.flows.step_up import is_login_of, refuse_old_login
from sessionauth.transport import session_of

V = TypeVar("V", bound=Callable[..., Any])


def recent_authentication_required(
    max_age: timedelta | None = None,
) -> Callable[[V], V]:
    """Let a page be seen only by who has logged in recently.

    A browser whose login is too old is led to the page that asks for the password once
    more, and back; one without a login to the login page. Who asks for JSON gets a 401
    instead, the same as from ``AuthenticatedRecently``. Where other middleware has
    named the user, as by a token, the login in the session must be that user's.

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


def not_user_activity(view: V) -> V:
    """Let a view read the session without putting off its idle timeout.

    For what a page asks by itself, such as "any news?": an open tab would keep its
    session alive for ever. What the view changes in the session is saved.

    Args:
        view: a function, or with ``method_decorator`` the ``dispatch`` of a class.
    """
    view.counts_as_activity = False  # type: ignore[attr-defined] # our mark
    return view


def _refusal(request: HttpRequest, max_age: timedelta | None) -> HttpResponse | None:
    lead = to_login_page
    if not request.user.is_authenticated:
        content: dict[str, Any] = {"detail": _("You are not logged in.")}
        challenge = CHALLENGE
    else:
        try:
            refuse_old_login(session_of(request), _user_id(request.user), max_age)
        except LoginTooOld as error:
            content = too_old_content(error.max_age)
            challenge = too_old_challenge(error.max_age)
            if is_login_of(session_of(request), request.user):
                lead = to_step_up_page
        else:
            return None
    answer: HttpResponse
    if wants_page(request):
        answer = lead(request, request.get_full_path())
    else:
        headers = {"WWW-Authenticate": challenge}
        answer = JsonResponse(content, status=401, headers=headers)
    add_never_cache_headers(answer)
    return answer


def _user_id(user: object) -> str | None:
    """Return whose session it has to be; a caller without a row can have none."""
    return user_id_of(user) if isinstance(user, Model) else None
