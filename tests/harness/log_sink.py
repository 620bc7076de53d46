"""A sink under every test: what a test issues as a secret may be in no log record.

Secrets are access and refresh tokens, session ids and passwords, noted where they are
made. Records are those of our loggers and Django's, at every level, whichever handlers
a test has; each with its arguments, its ``extra`` and its traceback.
"""

import logging
import re
import traceback
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import pytest

WATCHED = ("django", "jwtauth", "sessionauth", "demo_project", "rest_framework")

# Enough to tell a secret from chance, and short enough to find a part of one.
_PIECE = 24
_RUN = re.compile(rf"[A-Za-z0-9_-]{{{_PIECE},}}")
# A shorter password is also some word of a log.
_SHORTEST_PASSWORD = 8
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({})))


class LogSink:
    """The secrets of one test, and everything that was logged meanwhile."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._pieces: set[str] = set()
        self._passwords: set[str] = set()
        self._texts: list[str] = []

    def clear(self) -> None:
        """Begin anew."""
        self._pieces.clear()
        self._passwords.clear()
        self._texts.clear()

    def issued(self, secret: str) -> None:
        """Note a token or a session id.

        By its end, and by its middle unless it is a JWT, whose middle is no secret;
        the beginning of a refresh token is its ``sid``.
        """
        self._pieces.add(secret[-_PIECE:])
        if "." not in secret:
            middle = (len(secret) - _PIECE) // 2
            self._pieces.add(secret[middle : middle + _PIECE])

    def typed(self, password: str) -> None:
        """Note a password, right or wrong."""
        if len(password) >= _SHORTEST_PASSWORD:
            self._passwords.add(password)

    def take(self, record: logging.LogRecord) -> None:
        """Keep everything that a handler could write of a record."""
        self._texts.append("\n".join(_texts_of(record)))

    def leaks(self) -> list[str]:
        """Return the records with a secret in them."""
        # Other threads may still be logging.
        return [text for text in list(self._texts) if self.has_secret(text)]

    def has_secret(self, text: str) -> bool:
        """Whether a secret of this test, or a telling part of one, is in a text."""
        return any(password in text for password in list(self._passwords)) or any(
            run[start : start + _PIECE] in self._pieces
            for run in _RUN.findall(text)
            for start in range(len(run) - _PIECE + 1)
        )


def _texts_of(record: logging.LogRecord) -> Iterator[str]:
    yield f"{record.name} {record.levelname} {record.getMessage()} {record.args!r}"
    for name in vars(record).keys() - _OF_EVERY_RECORD:
        yield f"{name}={getattr(record, name)!r}"
    if record.exc_info and record.exc_info[1]:
        yield "".join(traceback.format_exception(record.exc_info[1]))
    if record.exc_text:
        yield record.exc_text


def install(sink: LogSink) -> None:
    """Note secrets and records from now on, in this process."""
    # Late: Django is set up by now.
    from django.contrib.auth.hashers import MD5PasswordHasher  # noqa: PLC0415

    from jwtauth.core.issued_tokens import IssuedTokens  # noqa: PLC0415
    from sessionauth.flows.stored import StoredSession  # noqa: PLC0415

    def note_tokens(tokens: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401
        sink.issued(tokens.access_token)
        sink.issued(tokens.refresh_token)

    def note_session(stored: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401
        sink.issued(stored.session_key)

    def note_password(_hasher: Any, password: str, *_: Any) -> None:  # noqa: ANN401
        sink.typed(password)

    _after(IssuedTokens, "__init__", note_tokens)
    _after(StoredSession, "__init__", note_session)
    # Every password comes here: set or checked, right or wrong, of whomever.
    _after(MD5PasswordHasher, "encode", note_password)
    _overhear(sink)


def _after(cls: type, name: str, note: Callable[..., None]) -> None:
    original = getattr(cls, name)

    @wraps(original)
    def wrapper(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        result = original(*args, **kwargs)
        note(*args, **kwargs)
        return result

    setattr(cls, name, wrapper)


def _overhear(sink: LogSink) -> None:
    """Take every record of the watched loggers; handlers get what they got before."""
    is_enabled, handle = logging.Logger.isEnabledFor, logging.Logger.handle

    def is_watched(logger: logging.Logger, level: int) -> bool:
        return logger.name.startswith(WATCHED) or is_enabled(logger, level)

    def take(logger: logging.Logger, record: logging.LogRecord) -> None:
        sink.take(record)
        if is_enabled(logger, record.levelno):
            handle(logger, record)

    logging.Logger.isEnabledFor = is_watched  # type: ignore[assignment, method-assign]
    logging.Logger.handle = take  # type: ignore[assignment, method-assign]


def refuse_leaks(sink: LogSink) -> None:
    """Fail the test that has just ended if a secret of it is in the log."""
    leaks = sink.leaks()
    sink.clear()
    if leaks:
        pytest.fail(f"A secret is in the log:\n{leaks[0]}", pytrace=False)
