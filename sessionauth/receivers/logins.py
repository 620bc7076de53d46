"""Django's login and logout, as this package completes them; in every process."""

import logging

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)
from django.db.models import Model
from django.http import HttpRequest

from sessionauth.engine import SessionStore
from sessionauth.exceptions import SessionAuthError
from sessionauth.flows.revoke import user_id_of
from sessionauth.flows.session import Reason
from sessionauth.signals import log_event
from sessionauth.transport import origin_of

logger = logging.getLogger("sessionauth")


def connect() -> None:
    """Connect the receivers, once."""
    user_logged_in.connect(complete_login, dispatch_uid="sessionauth.login")
    user_logged_out.connect(note_logout, dispatch_uid="sessionauth.logout")
    user_login_failed.connect(log_failure, dispatch_uid="sessionauth.login_failed")


def complete_login(request: HttpRequest, user: Model, **_: object) -> None:
    """Store the login at once, under a new id, also where the user was logged in.

    ``django.contrib.auth.login()`` renews the id of an anonymous session only, and
    leaves storing to the middleware, when it is too late to refuse the login. The
    admin and every other caller of ``login()`` come through here too.
    """
    session = getattr(request, "session", None)
    # Another app's login sends the signal too, and leaves the session as it was.
    if not isinstance(session, SessionStore) or not session.modified:
        return
    if session.get(SESSION_KEY) == user_id_of(user):
        session.note_login()
        try:
            session.save()
        except SessionAuthError:
            # Django has named the user by now, whatever comes of the login.
            request.user = AnonymousUser()
            raise


def note_logout(request: HttpRequest, **_: object) -> None:
    """Remember that somebody asked for it: only then the cookie is deleted."""
    session = getattr(request, "session", None)
    if isinstance(session, SessionStore):
        session.logged_out = True
        session.flush_reason = Reason.LOGOUT


def log_failure(request: HttpRequest | None = None, **_: object) -> None:
    """Log a login that failed, also the admin's, unless another package says it does.

    Without the name that was tried: people type their password there. Whoever must
    have it listens to Django's ``user_login_failed`` itself.
    """
    session = getattr(request, "session", None)
    if request is None or not isinstance(session, SessionStore):
        return
    if _is_logged_by_another(request):
        return
    origin = origin_of(request)
    facts = {"user_id": None, "device": origin.device, "address": origin.address}
    log_event(logger, logging.WARNING, "login_failed", facts)


def _is_logged_by_another(request: HttpRequest) -> bool:
    match = request.resolver_match
    if match is None or "sessionauth" in match.app_names:
        return False
    configs = map(apps.app_configs.get, match.app_names)
    return any(getattr(config, "logs_failed_logins", False) for config in configs)
