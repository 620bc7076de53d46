"""Logins that failed at a view of this package are an event in its log.

Without the name that was tried: people type their password there. Whoever must have it
listens to Django's ``user_login_failed`` itself.
"""

import logging

from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest

from jwtauth.core.device import device_label
from jwtauth.signals import log_event
from jwtauth.transport.sender import sender_of

logger = logging.getLogger("jwtauth.security")


def connect() -> None:
    """Listen to the authentication backends."""
    user_login_failed.connect(log_failure, dispatch_uid="jwtauth.login_failed")


def log_failure(request: HttpRequest | None = None, **_: object) -> None:
    """Log it, unless it is another package's login."""
    match = getattr(request, "resolver_match", None)
    if request is None or match is None or "jwtauth" not in match.app_names:
        return
    sender = sender_of(request)
    facts = {
        "user_id": None,
        "device": device_label(sender.device),
        "address": sender.address,
    }
    log_event(logger, logging.WARNING, "login_failed", facts)
