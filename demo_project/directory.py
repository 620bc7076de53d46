"""``DEMO_DIR``: the one place where the demo keeps keys, database and Valkey's data."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

VALKEY_RECORD = "valkey_url"


def prepare_directory(directory: Path) -> Path:
    """Make ``directory`` where it is missing, for this user's eyes only.

    Raises:
        ImproperlyConfigured: It is a file, or can't be made or written.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = "not a directory" if directory.exists() else error.strerror
        raise ImproperlyConfigured(_refusal(directory, reason)) from None
    if not os.access(directory, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(_refusal(directory, "can't be written"))
    return directory


def load_secret_key(directory: Path) -> str:
    """Return the demo's SECRET_KEY, made once and kept in ``directory``.

    Raises:
        ImproperlyConfigured: ``directory`` can't hold it.
    """
    path = prepare_directory(directory) / "secret_key"
    try:
        if not path.exists():
            _create_whole(path, secrets.token_urlsafe(50))
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(_refusal(path, error.strerror)) from None


@contextlib.contextmanager
def recorded_valkey(directory: Path, url: str) -> Iterator[None]:
    """Let ``manage.py`` in another terminal find the running demo's Valkey."""
    record = directory / VALKEY_RECORD
    record.write_text(url, encoding="utf-8")
    try:
        yield
    finally:
        record.unlink(missing_ok=True)


def running_valkey(directory: Path) -> str:
    """Return the address of the running demo's Valkey.

    Without one it is an address where nothing can listen, and not Redis' usual port:
    a command must not write into a server that belongs to something else.
    """
    try:
        return (directory / VALKEY_RECORD).read_text(encoding="utf-8")
    except OSError:
        return f"unix://{directory}/no-valkey-is-running"


def _create_whole(path: Path, content: str) -> None:
    """Create ``path`` with all of ``content``; leave it alone where it exists.

    Two processes may start at once. A link appears with the whole content or not at
    all, and only one of them makes it; both then read the same key.
    """
    descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(content)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()


def _refusal(path: Path, reason: str | None) -> str:
    return f"DEMO_DIR can't be used ({path}: {reason}); set it to another directory."
