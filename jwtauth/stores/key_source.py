"""The keys in force: our own, or another service's -> KeyRing.

Our own are read once per ``KEY_RELOAD_INTERVAL`` and process; a reload that fails
keeps the last good ring and says so in the log.
"""

import logging
import os
import threading
import time
from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from jwtauth.conf import JWKSAddress, OwnKeys, get_settings
from jwtauth.core.keys import KeyRing
from jwtauth.core.refresh_token import RefreshKey, RefreshKeys
from jwtauth.signals import report_keys
from jwtauth.stores import private_keys, remote_keys

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
    global _loaded  # one ring per process, swapped whole under the lock
    ring, problems = private_keys.load_ring(own_keys() or [], now)
    for problem in problems:
        message = f"JWTAUTH['KEYS']: {problem} {problem.hint}"
        raise ImproperlyConfigured(message) from problem
    if _loaded is not None and ring.holds_the_same_as(_loaded.ring):
        # The same object: what was proven under it stays so.
        ring = _loaded.ring
    before, _loaded = _loaded, _Loaded(ring)
    if before is not None and before.ring is not ring:
        report_keys(before.ring, ring)
    return _loaded


def _reload(last_good: _Loaded, now: float) -> _Loaded:
    try:
        return _load(now)
    except Exception:
        # Whatever a directory or a secrets manager does: known keys go on working.
        extra = {"event": "keys_unreadable"}
        logger.exception(
            "Reading JWTAUTH['KEYS'] failed; the last good keys stay.", extra=extra
        )
        last_good.read_at = time.monotonic()
        return last_good


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
