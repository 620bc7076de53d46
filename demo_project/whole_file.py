"""Files that are written whole or not at all, and all of them or none."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path


class BadTargetError(Exception):
    """A file can't be written there; the text says why."""


def check_target(path: Path) -> None:
    """Find out before minutes of measuring, not after.

    Raises:
        BadTargetError: Nothing can be written there.
    """
    directory = path.resolve().parent
    if not directory.is_dir():
        raise BadTargetError(f"{path}: {directory} is no directory that exists.")
    if path.is_dir():
        raise BadTargetError(f"{path} is a directory: name a file in it.")
    if path.exists() and not path.is_file():
        # Replacing /dev/stdout would take it from everybody.
        raise BadTargetError(f"{path} is no regular file.")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise BadTargetError(f"{path}: nothing can be written in {directory}.")


def write_whole(contents: Mapping[Path, str]) -> None:
    """Write every file in one step: whoever looks sees the old one or the new one.

    Raises:
        OSError: One couldn't be written; all are as they were.
    """
    with contextlib.ExitStack() as drafts:
        ready = {
            path.resolve(): drafts.enter_context(_draft(path.resolve(), content))
            for path, content in contents.items()
        }
        with contextlib.ExitStack() as undo:
            for path, draft in ready.items():
                undo.callback(_put_back, path, drafts.enter_context(_kept(path)))
                draft.replace(path)
            undo.pop_all()


@contextlib.contextmanager
def _draft(path: Path, content: str) -> Iterator[Path]:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
        # mkstemp() makes private files; a report is no secret.
        Path(name).chmod(0o644)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


@contextlib.contextmanager
def _kept(path: Path) -> Iterator[Path | None]:
    """Yield another name of the file that is there; None where there is none."""
    if not path.exists():
        yield None
        return
    directory = tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-")
    old = Path(directory, "old")
    try:
        try:
            os.link(path, old)
        except OSError:  # Some file systems have no links.
            shutil.copy2(path, old)
        yield old
    finally:
        old.unlink(missing_ok=True)
        Path(directory).rmdir()


def _put_back(path: Path, old: Path | None) -> None:
    if old is None:
        path.unlink(missing_ok=True)
    else:
        old.replace(path)
