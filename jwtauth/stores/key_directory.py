"""Write into a key directory: one file for each JWK, each in place in one step."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files import locks

from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.keys import Key, KeyRing, KeyUse
from jwtauth.core.refresh_token import key_hint
from jwtauth.stores import private_keys


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep every other writer out for a ``with`` block.

    Two that retire at once could each rely on the key that the other ends.

    Raises:
        OSError: nothing can be written there.
    """
    # A file, as NFS locks no directory. It stays: to remove it would be a race.
    handle = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle) as file:
        locks.lock(file, locks.LOCK_EX)  # gone with the process, however it ends
        yield


def add(directory: Path, jwk: Mapping[str, Any]) -> Path:
    """Put a new key there, in a file named after its use and ``kid``."""
    return _write(directory / f"{jwk['use']}-{jwk['kid']}.json", jwk)


def give_end(directory: Path, key: Key, *, ends: float) -> None:
    """Let ``key`` verify until ``ends`` (Unix seconds); nothing else changes."""
    for path in private_keys.key_files(directory):
        jwk = private_keys.read_jwk(path)
        if private_keys.parse(str(path), jwk).kid == key.kid:
            _write(path, {**jwk, "verifies_until": int(ends)})


def new_jwk(alg: str, use: KeyUse, ring: KeyRing) -> dict[str, Any]:
    """Return a new JWK that tokens, and operators, can tell from those of ``ring``."""
    hints = {key_hint(key) for key in ring}
    while True:
        jwk = generate_jwk(alg, use)
        # On a command line a name that begins with a dash would be an option.
        is_nameable = not jwk["kid"].startswith("-")
        if is_nameable and key_hint(parse_key(jwk)) not in hints:
            return jwk


def _write(path: Path, jwk: Mapping[str, Any]) -> Path:
    """Put a JWK file in place in one step, readable by its owner alone."""
    # Not *.json yet: a process that reloads now must not meet half a file.
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(jwk, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return path
