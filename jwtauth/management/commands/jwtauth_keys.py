"""``jwtauth_keys init|list|rotate|retire``: keep the keys of a directory."""

import logging
import math
import time
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from jwtauth.conf import get_settings
from jwtauth.core.keys import ALGORITHMS, CONTENT_ENCRYPTION, Key, KeyRing, KeyUse
from jwtauth.exceptions import KeyRefused
from jwtauth.management.wording import date_in_words, state_in_words
from jwtauth.signals import log_event
from jwtauth.stores import key_directory, private_keys

logger = logging.getLogger("jwtauth.keys")

# What ``init`` is there to mend; every other problem is for the operator.
_MISSING_KEYS = {f"no_{use}_key" for use in KeyUse}

# A superseded refresh key outlives the last token it tagged by this much.
_REFRESH_MARGIN = timedelta(hours=1)

_COST = {
    KeyUse.SIG: "Access tokens of a retired key are refused; clients refresh and go "
    "on.",
    KeyUse.ENC: "Access tokens that a retired key encrypted are refused; clients "
    "refresh and go on. Whoever has the key reads the ones that were kept.",
    KeyUse.REFRESH: "A login whose refresh token a retired key made is over: its user "
    "logs in again. Its access tokens count until they expire.",
}


class Command(BaseCommand):
    """Keep the key directory that ``JWTAUTH["KEYS"]`` names, or another."""

    help = "Make, list, rotate and retire the keys in the directory JWTAUTH['KEYS']."
    # The checks complain of the very keys that this command is there to make.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add one subcommand for each thing to do."""
        parser.add_argument(
            "--directory",
            type=Path,
            help="a directory that is no setting, e.g. to fill a secrets manager from",
        )
        actions = parser.add_subparsers(dest="action", required=True)
        init = actions.add_parser("init", help="make the first keys")
        init.add_argument(
            "--alg",
            choices=sorted(ALGORITHMS),
            default="ES256",
            help="algorithm of the signing key (default: %(default)s)",
        )
        actions.add_parser("list", help="show the keys, never their secrets")
        rotate = actions.add_parser(
            "rotate", help="publish the next keys; they sign after KEY_OVERLAP"
        )
        rotate.add_argument(
            "--use",
            choices=[str(use) for use in KeyUse],
            default=str(KeyUse.SIG),
            help="which key to supersede (default: %(default)s)",
        )
        _add_retire(actions.add_parser("retire", help="let a leaked key end at once"))

    def handle(self, *_args: Any, action: str, **options: Any) -> None:  # noqa: ANN401 # Django's signature
        """Do it, or say in one line why not."""
        directory = options["directory"] or _directory()
        try:
            if action == "list":
                self._list(directory)
                return
            if action == "init" and not directory.exists():
                directory.mkdir(mode=0o700, parents=True)
            private_keys.key_files(directory)  # or say that it is no directory
            with key_directory.locked(directory):
                self._change(action, directory, options)
        except KeyRefused as problem:
            raise CommandError(f"{problem} {problem.hint}") from None
        except OSError as error:
            raise CommandError(
                f"{directory}: {error.strerror}. Make it a directory that this user "
                "may write to, or point JWTAUTH['KEYS'] at another."
            ) from None

    def _change(self, action: str, directory: Path, options: dict[str, Any]) -> None:
        match action:
            case "init":
                self._init(directory, options["alg"])
            case "rotate":
                self._rotate(directory, KeyUse(options["use"]))
            case "retire":
                self._retire(directory, options["kid"], replace=options["replace"])

    def _init(self, directory: Path, alg: str) -> None:
        ring = _usable_part(directory)
        now = time.time()
        algs = {
            KeyUse.SIG: alg,
            KeyUse.REFRESH: "HS256",
            KeyUse.ENC: CONTENT_ENCRYPTION,
        }
        for use in private_keys.needed_uses():
            if ring.living(use, now):
                self.stdout.write(f"There is a key with use '{use}' already.")
                continue
            jwk = key_directory.new_jwk(algs[use], use, ring)
            path = key_directory.add(directory, jwk)
            _note("key_made", jwk["kid"], use)
            self.stdout.write(f"Made {path.name}: {algs[use]}, use '{use}'.")

    def _list(self, directory: Path) -> None:
        now = time.time()
        ring, problems = private_keys.load_ring(directory, now)
        for key in ring:
            self.stdout.write(
                f"{key.kid}  {key.alg:7}  {key.use:7}  {state_in_words(key, now)}"
            )
        # Whoever looks at keys wants to see those that are well, too.
        for problem in problems:
            raise problem

    def _rotate(self, directory: Path, use: KeyUse) -> None:
        now = time.time()
        ring = _ring(directory)
        old = ring.current(use, now)
        if any(not key.has_started(now) for key in ring.living(use, now)):
            raise CommandError("The next key is published already; it has yet to sign.")
        overlap = get_settings().key_overlap
        # Rounded up: nobody has less than the overlap to learn of the key.
        starts = math.ceil(now + overlap.total_seconds())
        new = key_directory.new_jwk(old.alg, use, ring) | {"signs_from": starts}
        # The successor first: whatever happens between, some key signs.
        path = key_directory.add(directory, new)
        # Every older one, too: a rotation that was broken off left it without an end.
        ends = starts + _afterlife(use).total_seconds()
        for key in ring.living(use, now):
            if key.verifies_until is None:
                key_directory.give_end(directory, key, ends=ends)
        _note("key_rotated", new["kid"], use)
        self.stdout.write(
            f"Published {path.name}; it signs from {date_in_words(starts)}, and "
            f"{old.kid} verifies until every token of it has expired."
        )

    def _retire(self, directory: Path, kid: str, *, replace: bool) -> None:
        now = time.time()
        ring = _usable_part(directory)
        key = _named(kid, ring)
        if not key.is_alive(now):
            self.stdout.write(f"{key.kid} has ended already.")
            return
        if not _signs_on_without(key, ring, now):
            if not replace:
                raise CommandError(_refusal_to_retire(key))
            self._replace(directory, key, ring, now)
        # The file stays: ``list`` shows what became of the key, and a process learns
        # of its end with the next reload, as it does of every other change.
        key_directory.give_end(directory, key, ends=now)
        _note("key_retired", key.kid, key.use)
        interval = get_settings().key_reload_interval.total_seconds()
        self.stdout.write(
            f"Retired {key.kid}; every process drops it within {interval:g} s. "
            f"{_COST[key.use]}"
        )

    def _replace(self, directory: Path, old: Key, ring: KeyRing, now: float) -> None:
        """Make the successor first: whatever happens between, some key signs."""
        new = key_directory.new_jwk(old.alg, old.use, ring) | {"signs_from": int(now)}
        path = key_directory.add(directory, new)
        _note("key_made", new["kid"], old.use)
        self.stdout.write(
            f"Made {path.name}, which signs at once: whoever has not reloaded yet "
            "refuses its tokens until then."
        )


def _note(event: str, kid: object, use: KeyUse) -> None:
    """Put on record what was done to which key; processes log when they learn of it."""
    log_event(logger, logging.INFO, event, {"kid": kid, "use": use})


def _add_retire(parser: ArgumentParser) -> None:
    parser.add_argument(
        "kid",
        help="its name, or how the name begins; if that is '-', write '--' before",
    )
    parser.add_argument(
        "--replace",
        action="store_true",
        help="make another that signs at once, if no other key goes on signing",
    )


def _directory() -> Path:
    try:
        source = get_settings().keys
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from None
    if not isinstance(source, Path):
        raise CommandError(
            "JWTAUTH['KEYS'] is not a directory: make and rotate keys where they "
            "are kept, or in a directory that --directory names."
        )
    return source


def _ring(directory: Path) -> KeyRing:
    """Return the keys of a directory that has no fault at all."""
    ring, problems = private_keys.load_ring(directory, time.time())
    for problem in problems:
        raise problem
    return ring


def _usable_part(directory: Path) -> KeyRing:
    """Return the keys of a directory that may lack some, but has no bad file."""
    ring, problems = private_keys.load_ring(directory, time.time())
    for problem in problems:
        if problem.code not in _MISSING_KEYS:
            raise problem
    return ring


def _named(kid: str, ring: KeyRing) -> Key:
    """Return the one key whose name is ``kid`` or begins so."""
    found = [key for key in ring if key.kid.startswith(kid)]
    if len(found) != 1:
        how_many = "Several keys begin" if found else "No key begins"
        raise CommandError(f"{how_many} with {kid!r}; 'jwtauth_keys list' shows them.")
    return found[0]


def _signs_on_without(key: Key, ring: KeyRing, now: float) -> bool:
    """Whether another key of the same use signs now, and has no end."""
    return any(
        other.has_started(now) and other.verifies_until is None
        for other in ring.living(key.use, now)
        if other is not key
    )


def _refusal_to_retire(key: Key) -> str:
    return (
        f"Nothing has changed: no other key with use '{key.use}' would go on signing. "
        "Add --replace to make "
        "one that signs at once, or run 'jwtauth_keys rotate "
        f"--use {key.use}' and wait until the next key signs. {_COST[key.use]}"
    )


def _afterlife(use: KeyUse) -> timedelta:
    """Return how long a superseded key's last token may still come."""
    policy = get_settings().policy
    if use is KeyUse.REFRESH:
        return policy.refresh_idle_timeout + _REFRESH_MARGIN
    return policy.access_token_lifetime + 2 * policy.leeway
