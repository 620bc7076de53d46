"""What sessions cost the database: no transaction is open while the store is asked."""

from collections.abc import Callable

import pytest
import redis
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from sessionauth import revoke_all
from tests.sessionauth.conftest import PASSWORD

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


@pytest.mark.django_db(transaction=True)
@pytest.mark.requirement("OPS-07")
def test_no_endpoint_holds_the_transaction_of_its_request(
    alice: User,
    log_in: LogIn,
    in_transaction: list[bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With ``ATOMIC_REQUESTS`` a login would lock the user's row meanwhile."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)  # noqa: FBT003 # a value, not a flag
    form = {"username": "alice", "password": PASSWORD}

    client = log_in()
    client.post("/auth/reauth/", {"password": PASSWORD}, secure=True)
    client.get("/auth/sessions/", secure=True)
    client.post("/auth/logout/", secure=True)
    client.post("/auth/login/", form, secure=True)
    client.post("/auth/logout/all/", secure=True)

    assert set(in_transaction) == {False}
