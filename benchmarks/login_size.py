"""What a login takes in PostgreSQL, indexes included."""

import copy
import secrets
import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TypeVar

from django.contrib.auth.models import User
from django.db.models import Model
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from benchmarks import credentials, tables
from benchmarks.rows import Row
from jwtauth.models import TokenFamily

USERS = 2_000
LOGINS_EACH = 5
BETWEEN_LOGINS = timedelta(seconds=1)

AnyModel = TypeVar("AnyModel", bound=Model)


def measure() -> Iterator[Row]:
    """Yield the bytes of a token family beside those of simplejwt's first token."""
    users = [User(username=f"login-{number}") for number in range(USERS)]
    users = User.objects.bulk_create(users) * LOGINS_EACH
    families, tokens = list(_families(users)), list(_tokens(users))
    for who, figure in {
        "jwtauth": _bytes_each(TokenFamily, families),
        "simplejwt": _bytes_each(OutstandingToken, tokens),
    }.items():
        yield Row(
            id=f"login-bytes.{who}",
            what=f"login stored in PostgreSQL, {who}",
            figure=figure,
            unit="bytes",
            against=f"{len(users):,} logins, {LOGINS_EACH} a user",
        )


def _families(users: Sequence[User]) -> Iterator[TokenFamily]:
    """Yield copies of a real family that differ as real ones do."""
    credentials.jwtauth_tokens(users[0])
    first = TokenFamily.objects.get()
    if not first.device:
        raise RuntimeError("The login to be copied has no device: it would seem small.")
    for number, user in enumerate(users):
        family = copy.copy(first)
        family.pk, family.user = uuid.uuid4(), user
        family.secret_hash = secrets.token_bytes(len(first.secret_hash))
        family.nonce = secrets.token_bytes(len(first.nonce))
        family.binding = secrets.token_bytes(len(first.binding))
        family.absolute_expires_at += number * BETWEEN_LOGINS
        yield family


def _tokens(users: Sequence[User]) -> Iterator[OutstandingToken]:
    """Yield what ``RefreshToken.for_user`` writes, without writing it one by one."""
    for number, user in enumerate(users):
        token = RefreshToken()
        token["user_id"] = str(user.pk)
        yield OutstandingToken(
            user=user,
            jti=token["jti"],
            token=str(token),
            created_at=token.current_time,
            expires_at=token.current_time + token.lifetime + number * BETWEEN_LOGINS,
        )


def _bytes_each(model: type[AnyModel], rows: Sequence[AnyModel]) -> float:
    model._default_manager.all().delete()
    empty = tables.size([model])
    model._default_manager.bulk_create(rows, batch_size=1_000)
    return (tables.size([model]) - empty) / len(rows)
