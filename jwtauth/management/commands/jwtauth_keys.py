"""``jwtauth_keys init|list|rotate``: make the keys of a directory, and rotate them."""

import json
import os
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from jwtauth.conf import get_settings
from jwtauth.core.jwk import generate_jwk, parse_key
from jwtauth.core.keys import ALGORITHMS, Key, KeyRing, KeyUse
from jwtauth.core.refresh_token import key_hint
from jwtauth.exceptions import KeyRefused
from jwtauth.stores import key_source

# What ``init`` is there to mend; every other problem is for the operator.
_MISSING_KEYS = {f"no_{use}_key" for use in KeyUse}

# A superseded refresh key outlives the last token it tagged by this much.
_REFRESH_MARGIN = timedelta(hours=1)


class Command(BaseCommand):
    """Keep the key directory that ``JWTAUTH["KEYS"]`` names."""

    help = "Make, list and rotate the keys in the directory JWTAUTH['KEYS']."
    # The checks complain of the very keys that this command is there to make.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add one subcommand for each thing to do."""
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

    def handle(self, *_args: Any, action: str, **options: Any) -> None:  # noqa: ANN401 # Django's signature
        """Do it, or say in one line why not."""
        directory = _directory()
        try:
            match action:
                case "init":
                    self._init(directory, options["alg"])
                case "list":
                    self._list(directory)
                case "rotate":
                    self._rotate(directory, KeyUse(options["use"]))
        except KeyRefused as problem:
            raise CommandError(f"{problem} {problem.hint}") from None
        except OSError as error:
            raise CommandError(
                f"{directory}: {error.strerror}. Make it a directory that this user "
                "may write to, or point JWTAUTH['KEYS'] at another."
            ) from None

    def _init(self, directory: Path, alg: str) -> None:
        if not directory.exists():
            directory.mkdir(mode=0o700, parents=True)
        ring = _usable_part(directory)
        for use, use_alg in ((KeyUse.SIG, alg), (KeyUse.REFRESH, "HS256")):
            if any(key.use is use for key in ring):
                self.stdout.write(f"There is a key with use '{use}' already.")
                continue
            path = _write(directory, generate_jwk(use_alg, use))
            self.stdout.write(f"Made {path.name}: {use_alg}, use '{use}'.")

    def _list(self, directory: Path) -> None:
        now = time.time()
        ring, problems = key_source.load_ring(directory, now)
        for key in ring:
            self.stdout.write(
                f"{key.kid}  {key.alg:7}  {key.use:7}  {_state_in_words(key, now)}"
            )
        # Whoever looks at keys wants to see those that are well, too.
        for problem in problems:
            raise problem

    def _rotate(self, directory: Path, use: KeyUse) -> None:
        now = time.time()
        ring = _ring(directory)
        old = ring.signing_key(now) if use is KeyUse.SIG else ring.refresh_key(now)
        if any(not key.has_started(now) for key in ring.living(use, now)):
            raise CommandError("The next key is published already; it has yet to sign.")
        overlap = get_settings().key_overlap
        starts = int(now + overlap.total_seconds())
        new = _distinct_jwk(old.alg, use, ring) | {"signs_from": starts}
        # The successor first: whatever happens between, some key signs.
        path = _write(directory, new)
        # Every older one, too: a rotation that was broken off left it without an end.
        ends = starts + _afterlife(use).total_seconds()
        for key in ring.living(use, now):
            if key.verifies_until is None:
                _supersede(directory, key, ends=ends)
        self.stdout.write(
            f"Published {path.name}; it signs from {_in_words(starts)}, and "
            f"{old.kid} verifies until every token of it has expired."
        )


def _directory() -> Path:
    try:
        source = get_settings().keys
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from None
    if not isinstance(source, Path):
        raise CommandError(
            "JWTAUTH['KEYS'] is not a directory: make and rotate keys where they "
            "are kept."
        )
    return source


def _ring(directory: Path) -> KeyRing:
    """Return the keys of a directory that has no fault at all."""
    ring, problems = key_source.load_ring(directory, time.time())
    for problem in problems:
        raise problem
    return ring


def _usable_part(directory: Path) -> KeyRing:
    """Return the keys of a directory that may lack some, but has no bad file."""
    ring, problems = key_source.load_ring(directory, time.time())
    for problem in problems:
        if problem.code not in _MISSING_KEYS:
            raise problem
    return ring


def _distinct_jwk(alg: str, use: KeyUse, ring: KeyRing) -> dict[str, Any]:
    """Return a new JWK that tokens can tell from every key of ``ring``."""
    hints = {key_hint(key) for key in ring}
    while key_hint(parse_key(jwk := generate_jwk(alg, use))) in hints:
        pass
    return jwk


def _afterlife(use: KeyUse) -> timedelta:
    """Return how long a superseded key's last token may still come."""
    policy = get_settings().policy
    if use is KeyUse.REFRESH:
        return policy.refresh_idle_timeout + _REFRESH_MARGIN
    return policy.access_token_lifetime + 2 * policy.leeway


def _supersede(directory: Path, old: Key, *, ends: float) -> None:
    for path in key_source.key_files(directory):
        jwk = key_source.read_jwk(path)
        if key_source.parse(str(path), jwk).kid == old.kid:
            _write(directory, {**jwk, "verifies_until": int(ends)}, name=path.name)


def _write(directory: Path, jwk: Mapping[str, Any], *, name: str | None = None) -> Path:
    """Put a JWK file in place in one step, readable by its owner alone."""
    path = directory / (name or f"{jwk['use']}-{jwk['kid']}.json")
    # Not *.json yet: a process that reloads now must not meet half a file.
    handle, unfinished = tempfile.mkstemp(dir=directory, prefix=".", suffix=".tmp")
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


def _state_in_words(key: Key, now: float) -> str:
    if not key.is_alive(now):
        return "expired"
    if not key.has_started(now):
        return f"next: signs from {_in_words(key.signs_from)}"
    if key.verifies_until is not None:
        return f"superseded: verifies until {_in_words(key.verifies_until)}"
    return "signs"


def _in_words(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
