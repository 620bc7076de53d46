"""What happened to sessions: Django signals, each also one structured log line.

Receivers get ``user_id`` (text, None for nobody), ``session_digest`` and what is named
at each signal. None of it is a secret: a digest logs nobody in. The log's fields are
the same, in ``extra``, beside ``event`` and ``handle``, which is the digest again: the
name under which users and administrators know a session.
"""

import logging
from collections.abc import Mapping

from django.dispatch import Signal

logger = logging.getLogger("sessionauth")

session_opened = Signal()
"""A login: a user was bound to a session. Also ``device``, ``address`` and ``kind``:
``login`` or ``step_up``."""

login_refused = Signal()
"""The password was right and the login could not begin. Also ``code``, the error's."""

session_renewed = Signal()
"""A session got another id. Also ``new_digest``."""

session_revoked = Signal()
"""A session was ended by decision. Also ``reason``; logged as ``logout`` for that."""

session_expired = Signal()
"""A session came to its absolute end and was used once more.

Redis drops what was idle for too long, and nobody sees that.
"""

save_dropped = Signal()
"""A request wanted to save into a session that ended meanwhile."""

record_corrupt = Signal()
"""What was stored under an id was no record. Also ``fault``. It was deleted."""

renewed_id_used = Signal()
"""An id was used after it was renewed: a request that was under way, or a theft."""

_LOGOUT = "logout"
"""The reason that is an event of its own: the user wanted it."""

_LONGEST = 300
"""Characters of one fact in the log."""

_EVENTS = {
    session_opened: ("login", logging.INFO),
    login_refused: ("login_refused", logging.WARNING),
    session_renewed: ("renewal", logging.INFO),
    session_revoked: ("revocation", logging.INFO),
    session_expired: ("expiry", logging.INFO),
    save_dropped: ("save_dropped", logging.INFO),
    record_corrupt: ("record_corrupt", logging.WARNING),
    renewed_id_used: ("renewed_id_used", logging.WARNING),
}


def report(
    signal: Signal, *, user_id: str | None, session_digest: str, **facts: str
) -> None:
    """Log what happened and tell the receivers; a failing receiver breaks nothing."""
    event, level = _EVENTS[signal]
    if signal is session_opened:
        event = facts.get("kind", event)
    if facts.get("reason") == _LOGOUT:
        event = _LOGOUT
    texts = {name: str(value) for name, value in facts.items()}
    known = {"user_id": user_id, "session_digest": session_digest, **texts}
    log_event(logger, level, event, {"handle": session_digest, **known})
    signal.send_robust(sender="sessionauth", **known)


def report_store_down(error: Exception) -> None:
    """Log that the store gave no answer; there is no session to tell about."""
    logger.error("store_down: %s", printable(error), extra={"event": "store_down"})


def log_event(
    logger: logging.Logger, level: int, event: str, facts: Mapping[str, object]
) -> None:
    """Write one line of bounded length, whatever a client made the facts to be.

    Args:
        logger: where to.
        level: of that logger.
        event: what happened, a word of ours.
        facts: go to ``extra`` under their names, and to the text.
    """
    known = {name: printable(value) for name, value in facts.items()}
    # repr() escapes line breaks, and what makes a terminal do things.
    text = " ".join(f"{name}={value!r}" for name, value in known.items())
    logger.log(level, "%s: %s", event, text, extra={"event": event, **known})


def printable(value: object) -> str | None:
    """Return a fact as it may stand in a log: printable text of bounded length."""
    if value is None:
        return None
    return "".join(c if c.isprintable() else " " for c in str(value))[:_LONGEST]
