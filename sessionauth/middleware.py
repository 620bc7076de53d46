"""Sessions for requests: Django's middleware, made honest about outages and races.

- The store is down: 503 with ``Retry-After``, whatever the inner layers made of it, and
  the cookie stays. "Down" is neither "logged out" nor "logged in".
- The cookie is deleted only where somebody asked, in this request, to be logged out:
  a late answer to an old id would otherwise take the new cookie away.
- The cookie is set only where the id is new, or where the store says at the end of the
  request that it is alive: a late answer can't bring an old one back.
- A session that ended during the request stays ended; what was to be saved is dropped.
"""

from functools import partial
from typing import TYPE_CHECKING

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.middleware import SessionMiddleware as DjangoMiddleware
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from sessionauth.answers import login_refused, unavailable
from sessionauth.exceptions import LoginRefused, StoreDown
from sessionauth.flows.own_session import set_own_session
from sessionauth.flows.session import LiveSession
from sessionauth.signals import report_store_down
from sessionauth.transport import (
    delete_session_cookie,
    is_background,
    origin_of,
    session_of,
    set_session_cookie,
    shown_session_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_SERVER_ERROR = 500


class SessionMiddleware(DjangoMiddleware):
    """Takes the place of ``django.contrib.sessions.middleware.SessionMiddleware``."""

    def __init__(self, get_response: "Callable[[HttpRequest], HttpResponse]") -> None:
        """Make sure that the other two parts are there; servers run no checks."""
        super().__init__(get_response)
        if not apps.is_installed("sessionauth"):
            raise ImproperlyConfigured("Add 'sessionauth' to INSTALLED_APPS.")
        if not hasattr(self.SessionStore, "note_login"):
            raise ImproperlyConfigured("Set SESSION_ENGINE = 'sessionauth.engine'.")

    def process_request(self, request: HttpRequest) -> None:
        """Give the request its session, unread: who does not use it pays nothing."""
        request.session = self.SessionStore(shown_session_key(request))
        live = session_of(request)
        live.origin = partial(origin_of, request)
        set_own_session(live)
        live.counts_as_activity = not is_background(request)

    def process_view(
        self,
        request: HttpRequest,
        view: "Callable[..., object]",
        _args: object,
        _kwargs: object,
    ) -> None:
        """Take the view at its word; middleware that reads the session comes later."""
        if not getattr(view, "counts_as_activity", True):
            session_of(request).counts_as_activity = False

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        """Answer for a view that met the outage or a refusal: neither is a crash."""
        if isinstance(exception, StoreDown):
            if not session_of(request).store_down:
                # It was no question about this session, which logs its own.
                report_store_down(exception)
            return unavailable(request)
        if isinstance(exception, LoginRefused):
            return login_refused(request, exception)
        return None

    def process_response(
        self, request: HttpRequest, response: HttpResponse
    ) -> HttpResponse:
        """Save what changed and settle the cookie."""
        set_own_session(None)
        live = session_of(request)
        try:
            if not live.store_down:
                _settle(request.session, live, response)
        except StoreDown:
            return _unavailable_after(request, response)
        return _unavailable_after(request, response) if live.store_down else response


def _unavailable_after(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return 503 with the cookies that others have set: what they mean may be done.

    Another app's new refresh token is on record by now; a browser that never got it
    would come back with the old one, like a thief. Deletions, and the session's own
    cookie, wait until the store can answer.
    """
    answer = unavailable(request)
    for name, morsel in response.cookies.items():
        if name != django_settings.SESSION_COOKIE_NAME and morsel["max-age"] != 0:
            answer.cookies[name] = morsel
    return answer


def _settle(session: SessionBase, live: LiveSession, response: HttpResponse) -> None:
    always = django_settings.SESSION_SAVE_EVERY_REQUEST
    if session.modified or always:
        # Before it is read, whatever id was shown passes for one of a session; saving
        # then would create one for a visitor who has none.
        live.load_once()
    if session.accessed:
        patch_vary_headers(response, ("Cookie",))
    if session.is_empty():
        if live.logged_out:
            delete_session_cookie(response)
            _keep_from_caches(response)
        return
    # As in Django: what a crashing view left behind may be half of something.
    if (session.modified or always) and response.status_code < _SERVER_ERROR:
        try:
            session.save()
        except UpdateError:
            return
    # An issued id is sent whatever the status: the one that it replaces is dead. Any
    # other only if the save has just found it alive.
    is_due = live.is_cookie_due or (always and response.status_code < _SERVER_ERROR)
    if is_due and session.session_key:
        set_session_cookie(response, session.session_key, live.cookie_age())
        _keep_from_caches(response)


def _keep_from_caches(response: HttpResponse) -> None:
    """Let nobody keep an answer with the cookie: it would log others in, or out.

    Not every cache leaves such an answer alone by itself (RFC 9111 §7.3).
    """
    # What the view says in other words, such as never_cache(), stands.
    if "no-store" not in response.get("Cache-Control", ""):
        response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ("Cookie",))
