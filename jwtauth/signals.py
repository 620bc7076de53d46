"""What an application may listen to; each event once, after the commit of its write.

Each signal is also one structured log line, which :func:`report` writes. Receivers run
robustly: one that fails is logged by Django and changes nothing. No signal carries a
token. All have ``sid`` and ``user_id`` (text), those of a request ``request_context``.
"""

import logging
from collections.abc import Mapping

from django.dispatch import Signal

from jwtauth.core.context import RequestContext
from jwtauth.core.device import device_label
from jwtauth.core.keys import KeyRing

logger = logging.getLogger("jwtauth.security")

token_issued = Signal()
"""A login got its first tokens. Also ``user``, and ``kind``: ``login``, ``step_up`` or
``renewal`` (of the login whose own user's change has ended it)."""

login_refused = Signal()
"""The password was right and the login could not begin; ``sid`` is None. Also
``code``, the error's."""

token_rotated = Signal()
"""A refresh token was rotated, retried or displaced. Also ``outcome``
(:class:`jwtauth.core.rotation.RotationOutcome`)."""

token_reused = Signal()
"""An already rotated refresh token came back, and its family has ended for it. Also
``kind`` (:class:`jwtauth.core.rotation.ReuseKind`)."""

family_revoked = Signal()
"""A login has ended before its time. Also ``reason``
(:class:`jwtauth.models.RevocationReason`); logged as ``logout`` for that."""

family_expired = Signal()
"""The refresh token of a login that came to its idle or absolute end was used."""

family_outdated = Signal()
"""A refresh token is ahead of the record: a restored backup, or a leaked key."""

denylist_bypassed = Signal()
"""An access token was accepted without asking the denylist: Redis is down and
``DENYLIST_FAILURE`` is ``"open"``. Count these."""

keys_changed = Signal()
"""This process has read other keys, or other times of them. Only ``added``, ``gone``
and ``changed``, tuples of ``kid``."""

_LOGOUT = "logout"
"""The reason that is an event of its own: the user wanted it."""

_LONGEST = 300
"""Characters of one fact in the log."""

_EVENTS = {
    token_issued: ("login", logging.INFO),
    login_refused: ("login_refused", logging.WARNING),
    token_rotated: ("refresh", logging.INFO),
    token_reused: ("reuse", logging.WARNING),
    family_revoked: ("revocation", logging.INFO),
    family_expired: ("expiry", logging.INFO),
    family_outdated: ("family_outdated", logging.ERROR),
    denylist_bypassed: ("denylist_bypassed", logging.ERROR),
    keys_changed: ("keys_changed", logging.INFO),
}


def report(
    signal: Signal,
    sender: object,
    *,
    sid: str | None,
    user_id: str | None,
    request_context: RequestContext | None = None,
    user: object = None,
    **facts: str,
) -> None:
    """Log what happened and tell the receivers; a failing receiver breaks nothing.

    Args:
        signal: one of this module.
        sender: the class that it is about.
        sid: of the login; None if there is none.
        user_id: whose login.
        request_context: what the request says of who sent it.
        user: for receivers alone.
        facts: what else the signal says.
    """
    event, level = _EVENTS[signal]
    if signal is token_issued:
        event = facts.get("kind", event)
    if facts.get("reason") == _LOGOUT:
        event = _LOGOUT
    about: dict[str, object] = {"sid": sid, "user_id": user_id}
    sent, where = {**about, **facts}, {}
    if request_context is not None:
        sent["request_context"] = request_context
        device = device_label(request_context.device)
        where = {"device": device, "address": request_context.address}
    if user is not None:
        sent["user"] = user
    known = {**about, **facts, **where}
    # The error that is being handled is why.
    exc_info = signal is denylist_bypassed
    log_event(logger, level, event, {"handle": sid, **known}, exc_info=exc_info)
    signal.send_robust(sender, **sent)


def report_keys(before: KeyRing, after: KeyRing) -> None:
    """Tell that this process has read other keys than it had."""
    event, level = _EVENTS[keys_changed]
    old, new = ({key.kid: key.outline for key in ring} for ring in (before, after))
    kids = {
        "added": tuple(new.keys() - old.keys()),
        "gone": tuple(old.keys() - new.keys()),
        "changed": tuple(k for k in new.keys() & old.keys() if new[k] != old[k]),
    }
    told = {name: " ".join(found) for name, found in kids.items()}
    log_event(logging.getLogger("jwtauth.keys"), level, event, told)
    keys_changed.send_robust(KeyRing, **kids)


def log_event(
    logger: logging.Logger,
    level: int,
    event: str,
    facts: Mapping[str, object],
    *,
    exc_info: bool = False,
) -> None:
    """Write one line of bounded length, whatever a client made the facts to be.

    Args:
        logger: where to.
        level: of that logger.
        event: what happened, a word of ours.
        facts: go to ``extra`` under their names, and to the text.
        exc_info: whether the error that is being handled belongs to it.
    """
    known = {name: printable(value) for name, value in facts.items()}
    # repr() escapes line breaks, and what makes a terminal do things.
    text = " ".join(f"{name}={value!r}" for name, value in known.items())
    extra = {"event": event, **known}
    logger.log(level, "%s: %s", event, text, extra=extra, exc_info=exc_info)


def printable(value: object) -> str | None:
    """Return a fact as it may stand in a log: printable text of bounded length."""
    if value is None:
        return None
    return "".join(c if c.isprintable() else " " for c in str(value))[:_LONGEST]
