"""What sessions cost the database: no transaction is open while the store is asked."""

from collections.abc import Callable

import pytest
import redis
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from sessionauth import revoke_all

LogIn = Callable[..., Client]


@pytest.fixture
def in_transaction(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each call of the store, whether a transaction was open meanwhile."""
    noted: list[bool] = []
    execute = redis.Redis.execute_command

    def noting(self: redis.Redis, *args: object, **options: object) -> object:
        noted.append(connection.in_atomic_block)
        return execute(self, *args, **options)

    monkeypatch.setattr(redis.Redis, "execute_command", noting)
    return noted


@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("OPS-07")
def test_no_transaction_is_open_while_the_store_is_asked(
    alice: User, log_in: LogIn, in_transaction: list[bool]
) -> None:
    """A store that hangs would let rows stay locked, and others wait for them."""
    client = log_in()
    client.get("/api/name/", secure=True)
    client.get("/put/?colour=red", secure=True)
    client.post("/auth/logout/", secure=True)
    log_in(client=client)
    revoke_all(alice, "test")

    assert set(in_transaction) == {False}
