"""What a login and each refresh write: the next generation of a family.

One statement each, and a rotation only if the row still is what was read.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser

from jwtauth.core.policy import TokenPolicy
from jwtauth.core.refresh_token import RefreshKey, RefreshToken, secret_hash
from jwtauth.models import TokenFamily
from jwtauth.stores.bindings import bindings
from jwtauth.stores.conflicts import RowChanged
from jwtauth.stores.families import FoundFamily, all_rows, database
from jwtauth.stores.instants import aware, stored


@dataclass(frozen=True, kw_only=True)
class Generation:
    """A refresh token about to go on record, and what made it."""

    token: RefreshToken
    nonce: bytes
    key: RefreshKey
    context: bytes
    """What the request says of its sender; stored as a keyed hash."""


def begin(
    first: Generation,
    *,
    user: AbstractBaseUser,
    about: Mapping[str, Any],
    policy: TokenPolicy,
    now: datetime,
) -> FoundFamily:
    """Return a new login that is not on record yet; ``add`` puts it there.

    Args:
        first: its first refresh token.
        user: who logged in.
        about: ``backend``, ``device`` and ``address``; more columns where the
            login goes on with an older one.
        policy: client and lifetimes.
        now: the database's clock.
    """
    columns = {
        "client_id": policy.client_id,
        "created_at": stored(now),
        "absolute_expires_at": stored(now + policy.refresh_absolute_timeout),
        **about,
    }
    row = TokenFamily(pk=uuid.UUID(bytes=first.token.sid), user_id=user.pk, **columns)
    return FoundFamily(row=row, user=user, now=now)


def add(found: FoundFamily, first: Generation, *, policy: TokenPolicy) -> None:
    """Write the row of a new login, bound to the scope that it has now."""
    _fill(found.row, _columns(found, first, policy) | _timers(found, policy))
    found.row.save(force_insert=True, using=database())


def rotate(found: FoundFamily, successor: Generation, *, policy: TokenPolicy) -> None:
    """Put the next generation in the place of the one on record.

    Raises:
        RowChanged: the row is not what was read any more.
    """
    columns = _columns(found, successor, policy) | _timers(found, policy)
    _compare_and_set(found, columns)


def displace(found: FoundFamily, rival: Generation, *, policy: TokenPolicy) -> None:
    """Put another secret in the place of the one on record, same generation.

    The timers stay where the rotation set them: the windows never slide.

    Raises:
        RowChanged: the row is not what was read any more.
    """
    columns = _columns(found, rival, policy)
    _compare_and_set(found, columns | {"displaced_at": stored(found.now)})


def _columns(
    found: FoundFamily, new: Generation, policy: TokenPolicy
) -> dict[str, Any]:
    """Return the columns that change with every secret."""
    return {
        "generation": new.token.generation,
        "secret_hash": secret_hash(new.token.secret),
        "nonce": new.nonce,
        "key_hint": new.key.hint,
        "context": new.key.context(new.context),
        "binding": bindings(found.row, found.user, new.key)[0],
        "access_until": stored(_access_ends(found, policy)),
    }


def _access_ends(found: FoundFamily, policy: TokenPolicy) -> datetime:
    """Return when the last access token of a family ends, those of before included."""
    # A retry mints a fresh access token and writes nothing: it counts here.
    ends = found.now + policy.refresh_grace_period + policy.access_token_lifetime
    before = found.row.access_until
    if before is not None:
        # The lifetime may have been longer when an earlier one was issued.
        ends = max(ends, aware(before))
    return min(ends, found.absolute_expires_at)


def _timers(found: FoundFamily, policy: TokenPolicy) -> dict[str, Any]:
    """Return the columns that only a rotation, or the login, sets anew."""
    idle_ends = min(found.now + policy.refresh_idle_timeout, found.absolute_expires_at)
    return {
        "rotated_at": stored(found.now),
        "displaced_at": None,
        "idle_expires_at": stored(idle_ends),
    }


def _compare_and_set(found: FoundFamily, columns: Mapping[str, Any]) -> None:
    """Run the one conditional UPDATE: of parallel callers exactly one succeeds."""
    row = found.row
    on_record = all_rows().filter(
        pk=row.pk,
        generation=row.generation,
        secret_hash=row.secret_hash,
        # A hasher upgrade binds the family anew, see ``bindings``.
        binding=row.binding,
        revoked_at__isnull=True,
    )
    if on_record.update(**columns) == 0:
        raise RowChanged
    _fill(row, columns)


def _fill(row: TokenFamily, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
