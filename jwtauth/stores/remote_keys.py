"""The keys of an issuer elsewhere: fetched now and then, never by a token.

One request an interval has a thread ask, and waits for it; the others go on with the
last good set meanwhile, and wait only where there is none. Nobody waits for longer than
one attempt may take. A token with an
unknown ``kid`` asks nobody: else whoever makes up tokens could have the issuer asked.
"""

import logging
import os
import threading
import time
from datetime import timedelta

from django.core.signals import setting_changed

from jwtauth.conf import MIN_REMOTE_INTERVAL, get_settings
from jwtauth.core.jwk_set import parse_jwk_set
from jwtauth.core.jwks_address import JWKSAddress
from jwtauth.core.keys import KeyRing
from jwtauth.exceptions import KeysUnavailable, TokenMalformed
from jwtauth.signals import report_keys
from jwtauth.stores import jwks_client

logger = logging.getLogger("jwtauth.keys")

MAX_AGE = timedelta(hours=24)
"""How long the last good set counts: a key that its issuer has withdrawn since would
be trusted all that time."""

# More than a service has keys; a set of 64 KiB can hold thousands that are none.
_PROBLEMS_TOLD = 5

_UNREADABLE = {"event": "keys_unreadable"}


class RemoteKeys:
    """What one address gave, and when it was asked; one for each process."""

    def __init__(self, address: JWKSAddress) -> None:
        """Begin without keys; the first request fetches them."""
        self._address = address
        self._ring: KeyRing | None = None
        self._fetched_at = self._tried_at = float("-inf")
        self._attempt: threading.Thread | None = None
        self._told: list[str] = []
        self._lock = threading.Lock()

    def ring(self, interval: timedelta) -> KeyRing:
        """Return the last good set; let it be fetched anew after ``interval``.

        Raises:
            KeysUnavailable: there is none, or it is older than ``MAX_AGE``.
        """
        attempt, is_ours = self._attempt_if_due(interval)
        # Whoever finds the keys old waits for new ones: after a quiet hour they may be
        # other keys. One request an interval does, so a hung issuer delays no more.
        if attempt is not None and (is_ours or not self._has_good_set()):
            attempt.join(self._patience())
        if self._ring is None or not self._has_good_set():
            raise KeysUnavailable(f"{self._address} has given no usable keys")
        return self._ring

    def age(self) -> timedelta | None:
        """Return how long ago the last good set came; None if none ever did."""
        fetched_at = self._fetched_at
        if fetched_at == float("-inf"):
            return None
        return timedelta(seconds=time.monotonic() - fetched_at)

    def begin_anew_in_child(self) -> None:
        """Go on in a forked process: what its parent had begun never ends here."""
        self._lock = threading.Lock()
        self._attempt = None
        self._tried_at = float("-inf")

    def _has_good_set(self) -> bool:
        age = time.monotonic() - self._fetched_at
        return self._ring is not None and age < MAX_AGE.total_seconds()

    def _patience(self) -> float:
        """Return how many seconds the attempt under way is worth waiting for.

        It may take longer, as in finding the host; then nobody waits any more.
        """
        age = time.monotonic() - self._tried_at
        return max(0.0, jwks_client.TIMEOUT_SECONDS - age)

    def _attempt_if_due(
        self, interval: timedelta
    ) -> tuple[threading.Thread | None, bool]:
        """Return the attempt under way, and whether it was time and this call's."""
        with self._lock:
            if self._attempt is not None and self._attempt.is_alive():
                return self._attempt, False
            if not self._is_due(interval):
                return None, False
            self._tried_at = time.monotonic()
            self._attempt = self._begun_attempt()
            return self._attempt, True

    def _begun_attempt(self) -> threading.Thread | None:
        attempt = threading.Thread(target=self._fetch, name="jwtauth-jwks", daemon=True)
        try:
            attempt.start()
        except RuntimeError as error:
            # The machine has no more of them, or the process is coming to its end.
            self._tell_of_failure(error)
            return None
        return attempt

    def _is_due(self, interval: timedelta) -> bool:
        pause = interval if self._has_good_set() else MIN_REMOTE_INTERVAL
        return time.monotonic() - self._tried_at >= pause.total_seconds()

    def _fetch(self) -> None:
        try:
            keys, skipped = parse_jwk_set(jwks_client.fetch(self._address))
        except (KeysUnavailable, TokenMalformed) as error:
            self._tell_of_failure(error)
            return
        except Exception:
            # A thread has nobody to tell; requests go on as after any other failure.
            logger.exception("JWTAUTH['KEYS']: %s", self._address, extra=_UNREADABLE)
            return
        self._tell_of(skipped)
        if not keys:
            logger.warning(
                "JWTAUTH['KEYS']: %s has no usable key",
                self._address,
                extra=_UNREADABLE,
            )
            return
        ring = KeyRing(keys)
        if self._ring is None or not ring.holds_the_same_as(self._ring):
            # The same object otherwise: what was proven under it stays so.
            before, self._ring = self._ring, ring
            if before is not None:
                report_keys(before, ring)
        self._fetched_at = time.monotonic()

    def _tell_of_failure(self, error: Exception) -> None:
        is_named = isinstance(error, KeysUnavailable)
        what = error if is_named else f"{self._address}: {error}"
        known = self._has_good_set()
        rest = "known keys go on working" if known else "until then tokens are a 503"
        logger.warning("JWTAUTH['KEYS']: %s; %s.", what, rest, extra=_UNREADABLE)

    def _tell_of(self, skipped: list[str]) -> None:
        """Log what is wrong with a set: once, however often and however much it is."""
        if skipped == self._told:
            return
        self._told = skipped
        for problem in skipped[:_PROBLEMS_TOLD]:
            logger.warning("JWTAUTH['KEYS']: %s: %s", self._address, problem)
        if more := len(skipped[_PROBLEMS_TOLD:]):
            logger.warning(
                "JWTAUTH['KEYS']: %s: %s more are left out", self._address, more
            )


_remote: RemoteKeys | None = None
_creation = threading.Lock()


def key_ring(address: JWKSAddress) -> KeyRing:
    """Return the keys that an address gave this process.

    Raises:
        KeysUnavailable: it has given none for too long.
    """
    global _remote  # noqa: PLW0603 # one per process
    with _creation:
        if _remote is None:
            _remote = RemoteKeys(address)
        remote = _remote
    return remote.ring(get_settings().key_reload_interval)


def age_of_keys() -> timedelta | None:
    """Return how long ago this process got its keys; None if it never did.

    Asks nobody: what a page or a probe shows must not decide when keys are fetched.
    """
    remote = _remote
    return None if remote is None else remote.age()


def _begin_anew_in_child() -> None:
    global _creation  # noqa: PLW0603 # one per process, and this is another
    _creation = threading.Lock()
    if _remote is not None:
        _remote.begin_anew_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew_in_child)


def _forget(*, setting: str, **_: object) -> None:
    global _remote  # noqa: PLW0603 # the same
    if setting == "JWTAUTH":
        _remote = None


setting_changed.connect(_forget, dispatch_uid="jwtauth.stores.remote_keys")
