"""Token families in the database: copies of a real one, some of them ended."""

import copy
import random
import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from demo_project.compare.fill.order import LOGINS_EACH, FilledLogin, FillOrder
from demo_project.compare.fill.rows import Columns, RowCopier
from demo_project.compare.fill.users import FilledUser, add_users
from jwtauth.conf import Revocation, get_settings
from jwtauth.core.ended_family import EndedFamily
from jwtauth.core.refresh_token import (
    NONCE_BYTES,
    SECRET_BYTES,
    RefreshToken,
    secret_hash,
    sid_text,
)
from jwtauth.models import RevocationReason, TokenFamily
from jwtauth.stores import active_families, denylist, key_source
from jwtauth.stores.bindings import bindings
from jwtauth.stores.families import all_rows
from jwtauth.stores.instants import aware

ENDED_EVERY = 10
"""One login in so many was ended before its time: those are on the denylist."""
SPREAD_SECONDS = 3_600
"""They were begun within the last hour."""
USERS_AT_ONCE = 1_000
INSTANTS = (
    "created_at",
    "rotated_at",
    "access_until",
    "idle_expires_at",
    "absolute_expires_at",
)


def count_stored() -> int:
    """Return how many token families there are, the ended ones among them."""
    return all_rows().count()


def fill(order: FillOrder, *, now: float) -> list[FilledLogin]:
    """Store families until there are as many as ordered; return those to be known."""
    missing = order.stored - count_stored()
    if missing <= 0:
        return []
    user = User.objects.get(username=order.username)
    template = active_families.active(user.pk).last()
    if template is None:
        raise RuntimeError("There is no login to be copied.")
    filler = _Filler(template, user, every=order.every(missing), now=now)
    for start in range(0, missing, USERS_AT_ONCE * LOGINS_EACH):
        end = min(start + USERS_AT_ONCE * LOGINS_EACH, missing)
        filler.add(range(start, end))
    return filler.known[: order.known]


class _Filler:
    """Adds copies of one family, and remembers which of them are known."""

    def __init__(
        self, template: TokenFamily, like: User, *, every: int, now: float
    ) -> None:
        self.known: list[FilledLogin] = []
        self._template, self._like, self._every = template, like, every
        self._key = key_source.current_refresh_key(now)
        self._copier = RowCopier(template)
        self._ended: list[EndedFamily] = []

    def add(self, numbers: range) -> None:
        """Store a login for each number; those at a multiple of ``every`` are known."""
        users = add_users(-(-len(numbers) // LOGINS_EACH), self._like)
        self._copier.store(self._rows(users, numbers))
        if get_settings().revocation is Revocation.DENYLIST:
            denylist.deny(self._ended, now=aware(self._template.created_at))
        self._ended.clear()

    def _rows(self, users: Sequence[FilledUser], numbers: range) -> Iterator[Columns]:
        for position, user in enumerate(users):
            instants = self._instants()
            of_user = self._copier.prepared({"user_id": user.pk, **instants})
            for number in numbers[position * LOGINS_EACH :][:LOGINS_EACH]:
                pk = uuid.UUID(bytes=secrets.token_bytes(16))
                columns: dict[str, object] = {"id": pk}
                if number % self._every == 0:
                    columns |= self._known(pk, user)
                elif number % ENDED_EVERY == ENDED_EVERY - 1:
                    columns["revoked_at"] = instants["rotated_at"]
                    columns["revoked_reason"] = RevocationReason.LOGOUT
                    self._ended.append(_ended(pk, user, instants))
                unknown = _unknown(self._template)
                yield {**of_user, **unknown, **self._copier.prepared(columns)}

    def _instants(self) -> dict[str, datetime]:
        age = timedelta(seconds=random.uniform(0, SPREAD_SECONDS))  # noqa: S311 # no secret
        return {name: getattr(self._template, name) - age for name in INSTANTS}

    def _known(self, pk: uuid.UUID, user: FilledUser) -> dict[str, object]:
        """Give a family a secret that is known, and tie it to its user."""
        token = RefreshToken(
            sid=pk.bytes,
            generation=self._template.generation,
            secret=secrets.token_bytes(SECRET_BYTES),
        )
        text = self._key.encode(token)
        self.known.append(FilledLogin(username=user.username, credential=text))
        row = copy.copy(self._template)
        row.pk, row.user_id = pk, user.pk
        return {
            "secret_hash": secret_hash(token.secret),
            "key_hint": self._key.hint,
            # The user has the password of the one who is copied.
            "binding": bindings(row, self._like, self._key)[0],
        }


def _unknown(template: TokenFamily) -> dict[str, bytes]:
    """Return what differs in each family, as random as what a login writes.

    Every driver takes bytes as they are.
    """
    return {
        "secret_hash": secrets.token_bytes(len(template.secret_hash)),
        "nonce": secrets.token_bytes(NONCE_BYTES),
        "binding": secrets.token_bytes(len(template.binding)),
    }


def _ended(
    pk: uuid.UUID, user: FilledUser, instants: Mapping[str, datetime]
) -> EndedFamily:
    return EndedFamily(
        sid=sid_text(pk.bytes),
        user_id=str(user.pk),
        access_until=aware(instants["access_until"]),
        absolute_expires_at=aware(instants["absolute_expires_at"]),
    )
