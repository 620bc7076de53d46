"""Where keys come from: a directory, a list, a callable, or an address -> KeyRing.

The ring is read once per ``KEY_RELOAD_INTERVAL`` and process; a reload that fails
keeps the last good ring and says so in the log.
"""

import json
import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.crypto import constant_time_compare
from django.utils.encoding import force_bytes
from django.utils.module_loading import import_string

from jwtauth.conf import JWKSAddress, OwnKeys, get_settings
from jwtauth.core.jwk import parse_key
from jwtauth.core.keys import ALWAYS_NEEDED, Key, KeyRing, KeyUse
from jwtauth.core.refresh_token import RefreshKey, RefreshKeys, hint_problems
from jwtauth.exceptions import KeyRefused
from jwtauth.stores import remote_keys

logger = logging.getLogger("jwtauth.keys")


class _Loaded:
    """A ring, what is derived from it, and when it was read."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring
        self.refresh_keys = RefreshKeys(ring)
        self.read_at = time.monotonic()

    def is_stale(self, interval: timedelta) -> bool:
        return time.monotonic() - self.read_at >= interval.total_seconds()


# Who only verifies issues no refresh tokens and takes none.
_NO_REFRESH_KEYS = RefreshKeys(KeyRing([]))

_lock = threading.Lock()
_loaded: _Loaded | None = None


def key_ring(now: float) -> KeyRing:
    """Return the keys in force at ``now`` (Unix seconds).

    Raises:
        ImproperlyConfigured: there is no usable key, and never was.
        KeysUnavailable: they are another service's, and it gives none.
    """
    address = _address()
    return remote_keys.key_ring(address) if address else _current(now).ring


def refresh_keys(now: float) -> RefreshKeys:
    """Return the refresh keys in force at ``now`` (Unix seconds).

    Raises:
        ImproperlyConfigured: there is no usable key, and never was.
    """
    return _NO_REFRESH_KEYS if _address() else _current(now).refresh_keys


def current_refresh_key(now: float) -> RefreshKey:
    """Return the key that makes refresh tokens at ``now`` (Unix seconds).

    Raises:
        ImproperlyConfigured: there is none; or the keys are another service's.
    """
    address = _address()
    if address is not None:
        raise ImproperlyConfigured(
            f"JWTAUTH['KEYS'] is the address {address}: this service verifies "
            "tokens and issues none. Log in at the service that publishes them, or "
            "give keys of your own."
        )
    return refresh_keys(now).current(now)


# Below, no variable holds what the setting holds: error reports show those, and it may
# be a list of private keys.


def _address() -> JWKSAddress | None:
    """Return where another service publishes the keys, if they are not our own."""
    keys = get_settings().keys
    return keys if isinstance(keys, JWKSAddress) else None


def own_keys() -> OwnKeys | None:
    """Return where our own keys are, if they are not another service's."""
    keys = get_settings().keys
    return None if isinstance(keys, JWKSAddress) else keys


def _current(now: float) -> _Loaded:
    loaded = _loaded
    if loaded is None:
        with _lock:
            return _loaded or _load(now)
    interval = get_settings().key_reload_interval
    # One thread reads; the others go on with the ring they have.
    if loaded.is_stale(interval) and _lock.acquire(blocking=False):
        try:
            # Another thread may have been through since this one looked.
            return _reload(loaded, now) if _loaded is loaded else loaded
        finally:
            _lock.release()
    return loaded


def _load(now: float) -> _Loaded:
    global _loaded  # noqa: PLW0603 # one ring per process, swapped whole under the lock
    ring, problems = load_ring(own_keys() or [], now)
    for problem in problems:
        message = f"JWTAUTH['KEYS']: {problem} {problem.hint}"
        raise ImproperlyConfigured(message) from problem
    if _loaded is not None and ring.holds_the_same_as(_loaded.ring):
        # The same object: what was proven under it stays so.
        ring = _loaded.ring
    _loaded = _Loaded(ring)
    return _loaded


def _reload(last_good: _Loaded, now: float) -> _Loaded:
    try:
        return _load(now)
    except Exception:
        # Whatever a directory or a secrets manager does: known keys go on working.
        logger.exception("Reading JWTAUTH['KEYS'] failed; the last good keys stay.")
        last_good.read_at = time.monotonic()
        return last_good


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


def open_files(source: OwnKeys | JWKSAddress) -> list[Path]:
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


def _unlock_in_child() -> None:
    """Let a forked process read keys: whoever did when it was forked is not in it."""
    global _lock  # noqa: PLW0603 # one per process, and this is another
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_in_child)


def _forget(*, setting: str, **_: object) -> None:
    global _loaded  # noqa: PLW0603 # see _load
    if setting == "JWTAUTH":
        _loaded = None


setting_changed.connect(_forget, dispatch_uid="jwtauth.stores.key_source")
