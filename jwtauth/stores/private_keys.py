"""Our own keys as they are now, and their faults: a directory, a list or a callable."""

import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.utils.crypto import constant_time_compare
from django.utils.encoding import force_bytes
from django.utils.module_loading import import_string

from jwtauth.conf import OwnKeys, get_settings
from jwtauth.core.jwk import parse_key
from jwtauth.core.keys import ALWAYS_NEEDED, Key, KeyRing, KeyUse
from jwtauth.core.refresh_token import hint_problems
from jwtauth.exceptions import KeyRefused


def load_ring(source: OwnKeys, now: float) -> tuple[KeyRing, list[KeyRefused]]:
    """Read a source anew.

    Returns:
        The keys that could be read, and everything that is wrong with them.
    """
    keys: list[Key] = []
    problems: list[KeyRefused] = []
    try:
        for name, jwk in _jwks_of(source):
            try:
                keys.append(
                    parse(name, read_jwk(jwk) if isinstance(jwk, Path) else jwk)
                )
            except KeyRefused as problem:
                # Its traceback holds the key in local variables, and error reports
                # show those.
                problems.append(problem.with_traceback(None))
    except KeyRefused as problem:
        return KeyRing([]), [problem]
    ring = KeyRing(keys)
    needed = needed_uses()
    return ring, problems or [
        *ring.problems(now, needed=needed),
        *hint_problems(ring, now),
    ]


def needed_uses() -> tuple[KeyUse, ...]:
    """Return what a key must be there for under the settings in force."""
    encryption = (KeyUse.ENC,) if get_settings().policy.encryption else ()
    return (*ALWAYS_NEEDED, *encryption)


def read_jwk(path: Path) -> dict[str, Any]:
    """Read one JWK file.

    Raises:
        KeyRefused: it can't be read, or is not a JSON object; names the file.
    """
    try:
        jwk = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise KeyRefused(
            f"{path} is not a readable JSON file ({type(error).__name__}).",
            code="unreadable",
            hint="Restore it from a backup, or remove it and make a new key with "
            "'manage.py jwtauth_keys init'.",
        ) from None
    if not isinstance(jwk, dict):
        raise KeyRefused(
            f"{path} is not a JSON object.",
            code="unreadable",
            hint="Put one private JWK into each file.",
        )
    return jwk


def key_files(directory: Path) -> list[Path]:
    """Return the JWK files of a key directory, in the order of their names.

    Raises:
        KeyRefused: it is no directory, or can't be read.
    """
    try:
        return sorted(path for path in directory.iterdir() if path.suffix == ".json")
    except (FileNotFoundError, NotADirectoryError) as error:
        is_missing = isinstance(error, FileNotFoundError)
        what = "does not exist" if is_missing else "is not a directory"
        raise KeyRefused(
            f"The key directory {directory} {what}.",
            code="no_directory",
            hint="Point JWTAUTH['KEYS'] at a directory and run "
            "'manage.py jwtauth_keys init'.",
        ) from None
    except OSError as error:
        raise KeyRefused(
            f"The key directory {directory} can't be read ({type(error).__name__}).",
            code="unreadable",
            hint="Make the user that this process runs as its owner.",
        ) from None


def open_files(source: OwnKeys) -> list[Path]:
    """Return the key files that others than their owner may read or write."""
    if not isinstance(source, Path) or os.name != "posix":
        return []
    others = stat.S_IRWXG | stat.S_IRWXO
    return [path for path in key_files(source) if path.stat().st_mode & others]


def _jwks_of(source: OwnKeys) -> Iterator[tuple[str, Path | Mapping[str, Any]]]:
    """Yield each JWK, or its file, with a name to find it by in an error message."""
    if isinstance(source, Path):
        for path in key_files(source):
            yield str(path), path
        return
    jwks = source if isinstance(source, list) else _call(source)
    for position, jwk in enumerate(jwks, start=1):
        yield f"key number {position}", jwk


def _call(source: str | Callable[[], Any]) -> Sequence[Any]:
    """Return what the project's callable gives.

    Raises:
        KeyRefused: it can't be imported, fails, or gives something else.
    """
    try:
        function = import_string(source) if isinstance(source, str) else source
        jwks = function()
    except Exception as error:  # noqa: BLE001 # whatever a project's function does
        # Only the kind of error: its text may tell of the secrets behind it.
        raise KeyRefused(
            f"The callable {source!r} failed ({type(error).__name__}).",
            code="unreadable",
            hint="Write the dotted path of a function that returns a list of JWKs; "
            "for a directory without a slash write pathlib.Path(...).",
        ) from None
    if not isinstance(jwks, list | tuple):
        raise KeyRefused(
            f"The callable {source!r} returned no list.",
            code="unreadable",
            hint="Return a list of JWKs, each a dict.",
        )
    return jwks


def parse(name: str, jwk: Mapping[str, Any]) -> Key:
    """Read one JWK; an error names it and is safe to show.

    Raises:
        KeyRefused: it may not be used as a key.
    """
    if not isinstance(jwk, Mapping):
        raise KeyRefused(
            f"{name}: not a JSON object.",
            code="unreadable",
            hint="Give each key as a dict, one private JWK; json.loads() makes one of "
            "text.",
        )
    try:
        key = parse_key(jwk)
    except KeyRefused as problem:
        raise KeyRefused(
            f"{name}: {problem}", code=problem.code, hint=problem.hint
        ) from None
    secret_key = force_bytes(django_settings.SECRET_KEY)
    secret = key.signing if isinstance(key.signing, bytes) else b""
    if constant_time_compare(secret, secret_key):
        raise KeyRefused(
            f"{name}: the secret is Django's SECRET_KEY.",
            code="secret_key_reused",
            hint="No key serves two purposes: make one with "
            "'manage.py jwtauth_keys init'.",
        )
    return key
